"""Servers of Debian that are old, small or simple, each with one script behind it that tells what reached it."""
import shutil
import sys

from .services import Service

# What came, as lines; ?redirect and ?cookie answer as an application does that knows only itself.
_CGI = """#!/bin/sh
host=${HTTP_HOST:-127.0.0.1:$SERVER_PORT}
body=$(head -c "${CONTENT_LENGTH:-0}" | wc -c)
case "$QUERY_STRING" in
redirect) printf 'Status: 302 Found\\nLocation: http://%s/there\\nContent-Type: text/plain\\n\\n' "$host"; exit ;;
cookie) printf 'Set-Cookie: s=1; Path=/\\n' ;;
esac
printf 'Content-Type: text/plain\\n\\n%s %s %s %s\\n' "$REQUEST_METHOD" "$SERVER_PROTOCOL" "$host" "$body"
"""
_PHP = """<?php
$body = strlen(file_get_contents('php://input'));
$host = $_SERVER['HTTP_HOST'];
if ($_SERVER['QUERY_STRING'] == 'redirect') { header("Location: http://$host/there"); exit; }
if ($_SERVER['QUERY_STRING'] == 'cookie') setcookie('s', '1', 0, '/');
header('Content-Type: text/plain');
echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['SERVER_PROTOCOL'], ' ', $host, ' ', $body, "\\n";
"""
_PERL = """use HTTP::Daemon; use HTTP::Status;
my $daemon = HTTP::Daemon->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], ReuseAddr => 1) or die;
$SIG{CHLD} = 'IGNORE';
while (my $client = $daemon->accept) {
  next if fork;
  while (my $request = $client->get_request) {
    my $host = $request->header('Host');
    if ($request->uri->query eq 'redirect') { $client->send_redirect("http://$host/there", 302); next; }
    my $answer = HTTP::Response->new(200, 'OK', ['Content-Type' => 'text/plain'],
      join(' ', $request->method, $request->protocol, $host, length($request->content)) . "\\n");
    $answer->push_header('Set-Cookie' => 's=1; Path=/') if $request->uri->query eq 'cookie';
    $client->send_response($answer);
  }
  exit;
}
"""
_APACHE = """ServerRoot {dir}
PidFile {dir}/pid
Mutex file:{dir} default
Listen 127.0.0.1:{port}
ServerName localhost
DocumentRoot {dir}/www
ErrorLog {dir}/error.log
LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule cgi_module /usr/lib/apache2/modules/mod_cgi.so
User www-data
Group www-data
StartServers 2
ScriptAlias /cgi-bin/ {dir}/www/cgi-bin/
"""
_LIGHTTPD = """server.document-root = "{dir}/www"
server.port = {port}
server.bind = "127.0.0.1"
server.errorlog = "{dir}/error.log"
server.modules = ( "mod_cgi" )
cgi.assign = ( ".sh" => "/bin/sh" )
"""


class OldService(Service):
    """`script`: the path of what tells."""
    script = "/cgi-bin/tell.sh"
    redirects = 302

    def __init__(self):
        super().__init__()
        self.dir.chmod(0o755)
        scripts = self.dir / "www" / "cgi-bin"
        scripts.mkdir(parents=True)
        (scripts / "tell.sh").write_text(_CGI)
        (scripts / "tell.sh").chmod(0o755)
        (self.dir / "www" / "page.txt").write_text("a page\n")

    def write(self, name, text):
        file = self.dir / name
        file.write_text(text.format(dir=self.dir, port=self.port))
        return str(file)


def program(name):
    return shutil.which(name) or f"/usr/sbin/{name}"


class Apache(OldService):
    def command(self):
        return [program("apache2"), "-D", "FOREGROUND", "-f", self.write("apache.conf", _APACHE)]


class Lighttpd(OldService):
    def command(self):
        return [program("lighttpd"), "-D", "-f", self.write("lighttpd.conf", _LIGHTTPD)]


class MiniHttpd(OldService):
    def command(self):
        return [program("mini_httpd"), "-D", "-h", "127.0.0.1", "-p", str(self.port), "-d", str(self.dir / "www"),
                "-c", "cgi-bin/*", "-u", "www-data", "-l", str(self.dir / "log"), "-i", str(self.dir / "pid")]


class BusyBox(OldService):
    def command(self):
        return ["busybox", "httpd", "-f", "-p", self.address, "-h", str(self.dir / "www")]


class PythonCgi(OldService):
    redirects = 200  # it does not look at what its script says

    def command(self):
        return [sys.executable, "-m", "http.server", "--cgi", "--bind", "127.0.0.1", "--directory", str(self.dir / "www"),
                str(self.port)]


class Php(OldService):
    script = "/tell.php"

    def command(self):
        (self.dir / "www" / "tell.php").write_text(_PHP)
        return ["php", "-S", self.address, "-t", str(self.dir / "www")]


class PerlDaemon(OldService):
    script = "/tell"

    def command(self):
        (self.dir / "daemon.pl").write_text(_PERL)
        return ["perl", str(self.dir / "daemon.pl"), str(self.port)]
