"""Where redirects must not lead. `{inside}` is the port of a server that must never be reached, `{cdn}` of one that may be."""

#: Spellings of this machine, of private networks and of a cloud's own services.
_HOSTS = """
127.0.0.1 127.0.0.2 127.1 127.0.1 0 0.0.0.0 localhost LOCALHOST localhost. localhost.localdomain 2130706433 0x7f000001
0x7f.0x0.0x0.0x1 017700000001 0177.0.0.1 0177.0.0.01 00000177.1 127.0.0.1. 127.000.000.001 [::1] [::] [0:0:0:0:0:0:0:1]
[::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] [::127.0.0.1] [::1%25lo] [64:ff9b::127.0.0.1]
[2002:7f00:1::] [fe80::1] [fd00:ec2::254] [fc00::1] 10.0.0.1 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1
0xa9fea9fe 2852039166 0251.0376.0251.0376 198.18.0.1 224.0.0.1 metadata.google.internal instance-data
kubernetes.default.svc host.docker.internal ①②⑦.⓪.⓪.① 127。0。0。1 ｌｏｃａｌｈｏｓｔ 127.0.0.1.nip.io localtest.me
api.twilio.com.evil.example twiliocdn.com.evil.example eviltwiliocdn.com evil-twiliocdn.com xn--twiliocdn-.com
127.0.0.1%00.twiliocdn.com 127.0.0.1%2e.twiliocdn.com ..twiliocdn.com mms..twiliocdn.com .twiliocdn.com
mms.twiliocdn.com.
"""
HOSTS = _HOSTS.split()

#: Addresses of other shapes. Two readers may disagree on each of them.
SHAPES = r"""
http://mms.twiliocdn.com@127.0.0.1:{inside}/x
http://mms.twiliocdn.com:443@127.0.0.1:{inside}/x
http://127.0.0.1:{inside}@mms.twiliocdn.com/x
http://127.0.0.1:{cdn}@127.0.0.1:{inside}/x
http://user:password@127.0.0.1:{cdn}/x
http://@127.0.0.1:{cdn}/x
http://127.0.0.1:{inside}\@127.0.0.1:{cdn}/x
http://127.0.0.1:{cdn}\@127.0.0.1:{inside}/x
http://127.0.0.1:{inside}#@127.0.0.1:{cdn}/x
http://127.0.0.1:{cdn}#@127.0.0.1:{inside}/x
http://127.0.0.1:{inside}?@127.0.0.1:{cdn}/x
http://127.0.0.1:{inside};@127.0.0.1:{cdn}/x
http://127.0.0.1:{cdn}&@127.0.0.1:{inside}/x
http:\\127.0.0.1:{inside}\x
http:/\127.0.0.1:{inside}/x
http:///127.0.0.1:{inside}/x
http:127.0.0.1:{inside}/x
http:/127.0.0.1:{inside}/x
//127.0.0.1:{inside}/x
\\127.0.0.1:{inside}\x
/\127.0.0.1:{inside}/x
///127.0.0.1:{inside}/x
/x
x
../x
?x
#x
http://127.0.0.1:{cdn}
http://127.0.0.1:{cdn}?x
http://127.0.0.1:{cdn}/x#fragment
http://127.0.0.1:{cdn}/with space
http://127.0.0.1:{cdn}/ñ
http://127.0.0.1:{cdn}/"x"
http://127.0.0.1:{cdn}/<x>
http://127.0.0.1:{cdn}\x
http://127.0.0.1:{cdn}:{inside}/x
http://127.0.0.1:{inside}:{cdn}/x
http://127.0.0.1:0{cdn}0/x
http://127.0.0.1:/x
http://127.0.0.1:0/x
http://127.0.0.1:99999/x
http://127.0.0.1:-1/x
http://127.0.0.1:+{inside}/x
http://127.0.0.1: {inside}/x
http://127.0.0.1/x
https://127.0.0.1/x
https://127.0.0.1:{inside}/x
https://mms.twiliocdn.com:{inside}/x
http://mms.twiliocdn.com:22/x
https://s3-external-1.amazonaws.com/other.bucket/x
https://s3-external-1.amazonaws.com/media.twiliocdn.com/../other.bucket/x
https://s3-external-1.amazonaws.com/media.twiliocdn.com/%2e%2e/other.bucket/x
https://s3-external-1.amazonaws.com/media.twiliocdn.com
https://other-bucket.s3-external-1.amazonaws.com/media.twiliocdn.com/x
https://evil.example/https://mms.twiliocdn.com/x
https://evil.example/?https://mms.twiliocdn.com/
HTTP://127.0.0.1:{inside}/x
hTTp://127.0.0.1:{inside}/x
file:///etc/passwd
file://127.0.0.1/etc/passwd
file:/etc/passwd
FILE:///etc/passwd
ftp://127.0.0.1:{inside}/x
gopher://127.0.0.1:{inside}/_GET
dict://127.0.0.1:{inside}/x
ldap://127.0.0.1:{inside}/x
tftp://127.0.0.1:{inside}/x
sftp://127.0.0.1:{inside}/x
jar:http://127.0.0.1:{inside}/x!/
data:text/html,<script>alert(1)</script>
javascript:alert(1)
unix:/var/run/docker.sock
http+unix://%2Fvar%2Frun%2Fdocker.sock/x
ws://127.0.0.1:{inside}/x
http://[::1
http://::1:{inside}/x
http://[127.0.0.1]:{inside}/x
http://%31%32%37.0.0.1:{inside}/x
http://127.0.0.1%3a{inside}/x
http://127.0.0.1%2f@127.0.0.1:{cdn}/x
http://127.0.0.1:{inside}%20@127.0.0.1:{cdn}/x
url:http://127.0.0.1:{inside}/x
""".strip("\n").split("\n")

#: Characters that some readers drop, and others end at.
_STRANGE = ["\t", "\x0b", "\x0c", "\x00", "\x01", "\x1f", "\x7f", "\u00a0", "\u00ad", "\u200b", "\u202e", "\u2028", "\ufeff"]

REDIRECTS = [
    *SHAPES,
    *(f"http://{host}:{{inside}}/x" for host in HOSTS),
    *(f"https://{host}/x" for host in HOSTS),
    *(f"http://127.0.0.1:{{cdn}}{strange}@127.0.0.1:{{inside}}/x" for strange in _STRANGE),
    *(f"http://127.0.0.1:{{inside}}{strange}/x" for strange in _STRANGE),
    "",
    " ",
    "x" * 9000,
    "http://127.0.0.1:{cdn}/" + "x" * 5000,
    "http://" + "a" * 300 + ".twiliocdn.com/x",
]
