# The servers that streams are played from: nginx with HTTP/1.1 and with HTTP/2 over TLS, Caddy with HTTP/2 over TLS where
# it is installed. A path may begin with a number, which is the name of one playback in the log: /12345/stream/list.m3u8.
import os
import shutil
import socket
import subprocess
import tempfile
import time

NGINX = """
daemon off; master_process off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};
    log_format paths '$server_protocol $status $request_uri';
    access_log {dir}/access.log paths;
    types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; video/mp4 mp4 m4s; text/vtt vtt; }}
    gzip on; gzip_min_length 1; gzip_types application/vnd.apple.mpegurl text/vtt;
    server {{ listen 127.0.0.1:{plain}; root {root}; rewrite ^/[0-9]+/(.*)$ /$1; }}
    server {{ listen 127.0.0.1:{tls} ssl http2; ssl_certificate {dir}/ca.pem; ssl_certificate_key {dir}/key.pem; root {root};
              rewrite ^/[0-9]+/(.*)$ /$1; }}
}}
"""

CADDY = """
{{
    admin off
    auto_https off
}}
https://127.0.0.1:{port} {{
    tls {dir}/ca.pem {dir}/key.pem
    root * {root}
    uri path_regexp ^/[0-9]+/ /
    log {{
        output file {dir}/caddy.log
    }}
    header *.m3u8 Content-Type application/vnd.apple.mpegurl
    encode gzip
    file_server
}}
"""


class Host:
    def __init__(self, name, url, ca, log):
        self.name, self.url, self.ca, self.log = name, url, ca, log

    def requests(self, tag):
        """The lines of the log with this number."""
        time.sleep(0.05)
        with open(self.log, errors="replace") as lines:
            return [line for line in lines if tag + "/" in line]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Servers:
    def __init__(self, root):
        self.root, self.processes, self.dir = os.path.abspath(root), [], tempfile.mkdtemp()

    def start(self, command, port):
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                               env=dict(os.environ, HOME=self.dir, XDG_DATA_HOME=self.dir, XDG_CONFIG_HOME=self.dir)))
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return True
            time.sleep(0.1)
        return False

    def __enter__(self):
        for name in ("no_proxy", "NO_PROXY"):
            os.environ[name] = "127.0.0.1"
        hosts = []
        if not shutil.which("nginx"):
            return hosts
        ca = os.path.join(self.dir, "ca.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", os.path.join(self.dir, "key.pem"), "-out", ca],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        plain, tls, caddy = free_port(), free_port(), free_port()
        with open(os.path.join(self.dir, "nginx.conf"), "w") as out:
            out.write(NGINX.format(dir=self.dir, plain=plain, tls=tls, root=self.root))
        if self.start(["nginx", "-p", self.dir, "-c", os.path.join(self.dir, "nginx.conf")], tls):
            log = os.path.join(self.dir, "access.log")
            hosts += [Host("nginx", "http://127.0.0.1:%d" % plain, None, log), Host("nginx h2", "https://127.0.0.1:%d" % tls, ca, log)]
        if shutil.which("caddy"):
            with open(os.path.join(self.dir, "Caddyfile"), "w") as out:
                out.write(CADDY.format(dir=self.dir, port=caddy, root=self.root))
            if self.start(["caddy", "run", "--adapter", "caddyfile", "--config", os.path.join(self.dir, "Caddyfile")], caddy):
                hosts.append(Host("caddy h2", "https://127.0.0.1:%d" % caddy, ca, os.path.join(self.dir, "caddy.log")))
        return hosts

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
