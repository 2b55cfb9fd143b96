"""Trying the product out on one machine, without Twilio: in the browser (`serve`) and in the terminal (`chat`).

Everything is real but Twilio, whose place the stand-in takes: the webhooks are signed, the replies go by REST.
"""
