"""A way to an NBD server that can keep a write on the road, and deliver it long after its sender has gone.

  holdup.py SOCKET SERVER_SOCKET ORDERS

Connections are passed on as they are until the file ORDERS says `hold`: from then on nothing that
clients send is passed on any more. With `cut`, clients' connections end, while those to the server stay;
with `release`, what was kept is delivered to the server, as a switch or a hung server may do, unless there is a
file ORDERS.fence. A new connection while ORDERS says anything is refused at once.
"""

import os
import select
import socket
import sys
import threading
import time


class Road:
    def __init__(self, path, server, orders):
        self.server = server
        self.orders = orders
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)

    def order(self):
        try:
            with open(self.orders, encoding="ascii") as file:
                return file.read().strip()
        except OSError:
            return ""

    def report(self, text):
        with open(self.orders + ".log", "a", encoding="ascii") as file:
            file.write(text + "\n")

    def carry(self, client):
        if self.order():
            client.close()
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.server)
        kept = []
        client_is_there = True
        while True:
            order = self.order()
            if order == "cut" and client_is_there:
                # Without taking what is still in the socket, which would be lost like on any road.
                client.shutdown(socket.SHUT_RDWR)
                client.close()
                client_is_there = False
                self.report("cut")
            if order == "release" and kept:
                # Whoever fences a path throws away what is on the road.
                if not os.path.exists(self.orders + ".fence"):
                    for data in kept:
                        server.sendall(data)
                kept = []
                if not client_is_there:
                    self.await_answers(server)
                self.report("released")
            watched = [server] + ([client] if client_is_there else [])
            for ready in select.select(watched, [], [], 0.01)[0]:
                data = ready.recv(1 << 20)
                if not data:
                    if ready is server or not kept:
                        server.close()
                        if client_is_there:
                            client.close()
                        return
                    client_is_there = False
                elif ready is server:
                    if client_is_there:
                        client.sendall(data)
                elif self.order() == "hold":
                    kept.append(data)
                    self.report("kept")
                else:
                    server.sendall(data)

    @staticmethod
    def await_answers(server):
        """The answers nobody waits for: they say that the server has done it."""
        server.settimeout(1)
        try:
            while server.recv(1 << 20):
                pass
        except TimeoutError:
            pass

    def run(self):
        print("there", flush=True)
        while True:
            client = self.listener.accept()[0]
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()


if __name__ == "__main__":
    Road(*sys.argv[1:]).run()
