internal import Testing

extension Integration {
  /// Every client that can be had here, over every way in that it knows.
  @Suite struct ClientMatrixTests {
    @Test(
      .needs(.libnbd, .libnbdPython, .qemu, .fio, .nbdkit, .nbdClient, .tls),
      .timeLimit(.minutes(6)))
    func everyClientWorksOverEveryWayIn() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 16))
        let ways = try await WayIn.all(of: daemon, in: lab)
        let source = try await lab.randomImage("source.img", mebibytes: 16)
        var table = "client".padded(to: 12) + ways.map { $0.name.padded(to: 20) }.joined() + "\n"
        for client in MatrixClient.allCases {
          table += client.rawValue.padded(to: 12)
          for way in ways {
            guard try await client.run(way, source, lab) else {
              table += "-".padded(to: 20)
              continue
            }
            table += "works".padded(to: 20)
          }
          table += "\n"
        }
        print(
          table + "-: the client cannot (TLS: no option for it; nbd-client: lists without a kernel)"
        )
        try await daemon.stop()
      }
    }
  }
}

/// One address of the device data.
private struct WayIn {
  enum Security {
    case none
    case certificates(String)
    case keys(String)
  }

  let name: String
  /// As libnbd takes it.
  let uri: String
  let isStructured: Bool
  let security: Security
  /// Host and port, or the socket.
  let place: (tcp: (host: String, port: String)?, socket: String?)

  static func all(of daemon: TestDaemon, in lab: Lab) async throws -> [WayIn] {
    let certificates = try await lab.certificates()
    let keys = try await lab.sharedKeys()
    var ways = [
      WayIn(
        name: "unix", uri: daemon.uri("data"), isStructured: true, security: .none,
        place: (nil, daemon.socket("data")))
    ]
    for (transport, security) in [
      ("unix", .none), ("tcp", .none), ("tcp", .certificates(certificates)), ("tcp", .keys(keys)),
      ("unix", .keys(keys)),
    ] as [(String, Security)] {
      for isStructured in [true, false] {
        if case ("unix", .none, true) = (transport, security, isStructured) { continue }
        // Nine addresses is what a device has at most.
        if case ("unix", .keys, false) = (transport, security, isStructured) { continue }
        ways.append(
          try await way(transport, security, isStructured, daemon, lab.file("w\(ways.count).sock")))
      }
    }
    return ways
  }

  private static func way(
    _ transport: String, _ security: Security, _ isStructured: Bool, _ daemon: TestDaemon,
    _ socket: String
  ) async throws -> WayIn {
    var options = ["--listen", transport == "tcp" ? "127.0.0.1:0" : "unix:" + socket]
    var name = transport
    var query = ""
    switch security {
    case .none: if transport == "tcp" { options.append("--insecure") }
    case .certificates(let folder):
      options += ["--tls-certificates", folder]
      name += "+x509"
      query = "tls-certificates=" + folder
    case .keys(let file):
      options += ["--tls-psk", file]
      name += "+psk"
      query = "tls-psk-file=" + file
    }
    if !isStructured {
      options.append("--no-structured-replies")
      name += ", simple"
    }
    let result = try await daemon.mpctl(["export", "data"] + options)
    try #require(result.status == 0, "\(result)")
    var uri = String(result.output.dropLast())
    let address = daemon.address(uri)
    if case .keys = security {
      uri = uri.replacing("nbds://", with: "nbds://alice@").replacing(
        "nbds+unix://", with: "nbds+unix://alice@")
    }
    if !query.isEmpty { uri += (uri.contains("?") ? "&" : "?") + query }
    let parts = address.split(separator: ":").map(String.init)
    return WayIn(
      name: name, uri: uri, isStructured: isStructured, security: security,
      place: transport == "tcp" ? ((parts[0], parts[1]), nil) : (nil, socket))
  }

  /// What QEMU's programs are told: an object for TLS, and the options of the image.
  var qemu: [String] {
    var options = ["driver=raw,file.driver=nbd,file.export=data"]
    if let tcp = place.tcp { options.append("file.host=\(tcp.host),file.port=\(tcp.port)") }
    if let socket = place.socket { options.append("file.path=\(socket)") }
    var object: [String] = []
    switch security {
    case .none: break
    case .certificates(let folder):
      object = ["--object", "tls-creds-x509,id=tls,endpoint=client,dir=\(folder)"]
    case .keys(let file):
      let folder = file.dropLast("/keys.psk".count)
      object = ["--object", "tls-creds-psk,id=tls,endpoint=client,dir=\(folder),username=alice"]
    }
    if !object.isEmpty { options.append("file.tls-creds=tls") }
    return object + ["--image-opts", options.joined(separator: ",")]
  }

  /// What nbdkit's client is told, which takes no credentials in a URI.
  var nbdkit: [String] {
    var words = ["export=data"]
    if let tcp = place.tcp { words += ["hostname=\(tcp.host)", "port=\(tcp.port)"] }
    if let socket = place.socket { words.append("socket=\(socket)") }
    switch security {
    case .none: break
    case .certificates(let folder): words += ["tls=require", "tls-certificates=\(folder)"]
    case .keys(let file): words += ["tls=require", "tls-psk=\(file)", "tls-username=alice"]
    }
    return words
  }

  var isPlain: Bool { if case .none = security { true } else { false } }
}

private enum MatrixClient: String, CaseIterable {
  case nbdinfo
  case nbdcopy
  case libnbd = "libnbd"
  case nbdkit = "nbdkit nbd"
  case qemuImg = "qemu-img"
  case qemuIO = "qemu-io"
  case fio
  case nbdClient = "nbd-client"

  /// Uses the client; false where it has no way to be used. Whatever does not work is an issue.
  func run(_ way: WayIn, _ source: String, _ lab: Lab) async throws -> Bool {
    switch self {
    case .nbdinfo:
      let info = try await lab.succeed("nbdinfo", [way.uri])
      #expect(info.contains(way.isStructured ? "structured packets" : "simple packets"), "\(info)")
      #expect(info.contains(way.isPlain ? "without TLS" : "with TLS"), "\(info)")
      let map = try await lab.run("nbdinfo", ["--map", way.uri])
      #expect((map.status == 0) == way.isStructured, "\(map)")
    case .nbdcopy:
      try await lab.succeed("nbdcopy", ["--flush", source, way.uri])
      let back = lab.file("back.img")
      try await lab.succeed("nbdcopy", [way.uri, back])
      try await lab.succeed("cmp", [source, back])
    case .libnbd:
      try await lab.script("terms.py", [way.uri, way.isStructured ? "structured" : "simple"])
    case .nbdkit:
      let copies = "nbdcopy \(source) \"$uri\" && nbdcopy \"$uri\" - | cmp - \(source)"
      try await lab.succeed("nbdkit", ["-U", "-", "nbd"] + way.nbdkit + ["--run", copies])
    case .qemuImg:
      let image = way.qemu
      try await lab.succeed(
        "qemu-img",
        ["convert", "-n", "-f", "raw", "--target-image-opts"]
          + image.filter { $0 != "--image-opts" }.dropLast() + [source, image.last ?? ""])
      let file = lab.file("out.raw")
      try await lab.succeed("qemu-img", ["convert", "-O", "raw"] + image + [file])
      try await lab.succeed("cmp", [source, file])
    case .qemuIO:
      let commands = [
        "write -P 0x11 0 1M", "read -P 0x11 0 1M", "write -z 64k 64k", "read -P 0 64k 64k",
        "discard 512k 64k", "write -f -P 0x33 2M 4k", "read -P 0x33 2M 4k", "flush",
      ]
      let output = try await lab.succeed("qemu-io", way.qemuWords(commands))
      #expect(!output.contains("failed") && !output.contains("rror"), "\(output)")
    case .fio:
      // Its engine lets no URI name a file of credentials.
      guard way.isPlain else { return false }
      try await lab.succeed(
        "fio",
        [
          "--name=matrix", "--ioengine=nbd", "--uri=\(way.uri)", "--rw=randrw", "--bs=4k",
          "--iodepth=16", "--size=4m", "--verify=crc32c", "--verify_fatal=1",
          "--verify_state_save=0",
        ])
    case .nbdClient:
      // Without a kernel that has nbd it negotiates and lists.
      guard way.isPlain else { return false }
      let place = way.place.tcp.map { [$0.host, $0.port] } ?? ["-unix", way.place.socket ?? ""]
      let list = try await lab.succeed("nbd-client", ["-l"] + place)
      #expect(list.contains("data"), "\(list)")
    }
    return true
  }
}

extension WayIn {
  /// The arguments of qemu-io, whose image comes last.
  fileprivate func qemuWords(_ commands: [String]) -> [String] {
    let words = commands.flatMap { ["-c", $0] }
    return words + qemu
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(1, width - count))
  }
}
