internal import CLinux
internal import Control
internal import Glibc
internal import Reactor

/// Reads credentials and makes listening sockets, on a thread that may wait for files.
enum ExportOpener {
  /// What an export is made of. Both are given to a reactor, or given back by `close`.
  struct Opened: Sendable {
    let listener: Int32
    let credentials: TLSCredentials?
    /// With the port that the kernel chose.
    let address: ListenAddress

    func close() {
      Glibc.close(listener)
      credentials?.forget()
    }
  }

  static func start(
    _ specification: ExportSpecification, _ address: ListenAddress, socketMode: UInt32,
    deliver: @escaping @Sendable (Result<Opened, ControlError>) -> Void
  ) {
    let isStarted = Thread.start("mpath-export") {
      deliver(open(specification, address, socketMode: socketMode))
    }
    if !isStarted { deliver(.failure(ControlError(.internal, "no thread could be started"))) }
  }

  private static func open(
    _ specification: ExportSpecification, _ address: ListenAddress, socketMode: UInt32
  ) -> Result<Opened, ControlError> {
    var credentials: TLSCredentials?
    if specification.isSecured {
      guard TLSCredentials.isBuiltIn else {
        return .failure(
          ControlError(
            .refused, "this mpathd was built without TLS",
            hint: "use the one that is linked dynamically, or put a TLS proxy before "
              + "an export on 127.0.0.1"))
      }
      let setup = TLSSetup(
        isServer: true, certificates: specification.certificates, keys: specification.keys,
        verifiesClient: specification.verifyClients)
      switch TLSCredentials.load(setup) {
      case .success(let loaded): credentials = loaded
      case .failure(let failure):
        return .failure(
          ControlError(
            .refused, "TLS cannot be had: \(failure.sentence)",
            hint: specification.keys == nil
              ? "a folder needs ca-cert.pem, server-cert.pem and server-key.pem, "
                + "readable by the user of mpathd"
              : "psktool -u USER -p FILE makes a file of keys"))
      }
    }
    let (listener, actual) = listen(address, socketMode: socketMode)
    guard listener >= 0 else {
      credentials?.forget()
      return .failure(refusal(address, -listener))
    }
    return .success(Opened(listener: listener, credentials: credentials, address: actual))
  }

  private static func listen(
    _ address: ListenAddress, socketMode: UInt32
  ) -> (Int32, ListenAddress) {
    switch address {
    case .unix(let file): return (unsafe mp_listen_unix(file, socketMode, 512), address)
    case .tcp(let host, let port):
      var chosen = port
      let listener = unsafe mp_listen_tcp(host, &chosen, 512)
      return (listener, .tcp(host: host, port: chosen))
    }
  }

  private static func refusal(_ address: ListenAddress, _ errno: Int32) -> ControlError {
    ControlError(
      .refused, "nobody can listen at \(address.text): \(ErrnoText.sentence(errno))",
      hint: errno == EADDRINUSE
        ? "something is served there already; choose another port"
        : errno == EADDRNOTAVAIL
          ? "choose an address of this machine, or * for all"
          : errno == EACCES ? "ports below 1024 are for root" : nil)
  }
}
