"""The forwarding loop of the published keyparts server, written from its description: a thread per client, one recv
for one message, text dropped, other bytes written to everybody else. Prints its port. For classic_profiles.ts."""
import socket
import threading

clients = []
lock = threading.Lock()


def serve(client):
    while data := client.recv(4096):
        try:
            data.decode("utf-8")
            continue
        except UnicodeDecodeError:
            pass
        with lock:
            others = [other for other in clients if other is not client]
        for other in others:
            other.sendall(data)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with lock:
        clients.append(client)
    threading.Thread(target=serve, args=(client,), daemon=True).start()
