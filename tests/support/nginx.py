"""Debian's nginx as a service: one process, own directory, own port."""
import shutil

from .services import Service

_CONFIG = """\
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  client_max_body_size 100m;
  types {{ text/plain txt; text/html html; }}
  server {{
    listen 127.0.0.1:{port}{listen};
    root {dir}/www;
    {server}
  }}
}}
"""

_STREAM = """\
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 512; }}
stream {{
  server {{
    listen 127.0.0.1:{port}{listen};
    {server}
  }}
}}
"""


class Nginx(Service):
    """Serves `dir`/www. `server` is put into the server block, `listen` behind the address ("ssl", "http2")."""

    def __init__(self, server="", listen="", **files):
        super().__init__()
        self.root = self.dir / "www"
        self.root.mkdir()
        self.dir.chmod(0o755)
        for name, content in (files or {"index.html": "hello from nginx\n"}).items():
            path = self.root / name
            path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)
        (self.dir / "nginx.conf").write_text(_CONFIG.format(
            dir=self.dir, port=self.port, server=server.replace("@dir@", str(self.dir)),
            listen=" " + listen if listen else ""))

    def command(self):
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(self.dir), "-e", str(self.dir / "error.log"),
                "-c", str(self.dir / "nginx.conf")]


class NginxStream(Nginx):
    """Passes connections on: `server` says where to, `listen` is put behind the address."""

    def __init__(self, server, listen=""):
        super().__init__()
        (self.dir / "nginx.conf").write_text(_STREAM.format(dir=self.dir, port=self.port, server=server,
                                                            listen=" " + listen if listen else ""))
