# An origin for live streams that a packager uploads: PUT as it writes, GET as it comes. Who asks for a file that is still
# being written gets its bytes in chunks as they arrive, as EXT-X-PREFETCH needs.
import http.server
import threading


class Resource:
    def __init__(self):
        self.data, self.is_done, self.changed = bytearray(), False, threading.Condition()

    def add(self, data, is_done):
        with self.changed:
            self.data += data
            self.is_done = is_done
            self.changed.notify_all()


class Origin(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.gets, self.has_prefetch = {}, [], False
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # who asked has gone


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def do_PUT(self):
        one = Resource()
        is_list = self.path.endswith((".m3u8", ".mpd"))
        if not is_list:
            self.server.files[self.path] = one
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while True:
                size = int(self.rfile.readline().split(b";")[0] or b"0", 16)
                one.add(self.rfile.read(size), False)
                self.rfile.readline()
                if size == 0:
                    break
        else:
            one.add(self.rfile.read(int(self.headers.get("Content-Length", 0))), False)
        one.add(b"", True)
        self.server.has_prefetch |= b"#EXT-X-PREFETCH:" in one.data[-4096:] and is_list
        self.server.files[self.path] = one  # a playlist is replaced as a whole
        self.answer(200, [("Content-Length", "0")])

    do_POST = do_PUT

    def do_DELETE(self):
        self.server.files.pop(self.path, None)
        self.answer(200, [("Content-Length", "0")])

    def do_GET(self):
        one = self.server.files.get(self.path)
        self.server.gets.append((self.path, one is not None and not one.is_done))
        if one is None:
            self.answer(404, [("Content-Length", "0")])
            return
        kind = "application/vnd.apple.mpegurl" if self.path.endswith(".m3u8") else "video/mp4"
        if one.is_done:
            self.answer(200, [("Content-Type", kind), ("Content-Length", str(len(one.data)))])
            self.wfile.write(one.data)
            return
        self.answer(200, [("Content-Type", kind), ("Transfer-Encoding", "chunked")])
        at = 0
        while True:
            with one.changed:
                while len(one.data) == at and not one.is_done:
                    one.changed.wait()
                piece, is_done = bytes(one.data[at:]), one.is_done
            at += len(piece)
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if is_done and at == len(one.data):
                self.wfile.write(b"0\r\n\r\n")
                return
