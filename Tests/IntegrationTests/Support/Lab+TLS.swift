internal import Testing

extension Lab {
  /// A folder with an authority and what it has signed for a server and a client on this machine.
  func certificates() async throws -> String {
    let folder = file("pki")
    if Files.exists(folder + "/server-cert.pem") { return folder }
    try await succeed("mkdir", ["-p", folder])
    try await key("ca")
    try Files.write(
      "cn = \"mpath's tests\"\nca\ncert_signing_key\nexpiration_days = 30\n",
      to: folder + "/ca.info")
    try await succeed(
      "certtool",
      [
        "--generate-self-signed", "--load-privkey", folder + "/ca-key.pem", "--template",
        folder + "/ca.info", "--outfile", folder + "/ca-cert.pem",
      ])
    for role in ["server", "client"] {
      try await key(role)
      let words = [
        "cn = \"localhost\"", "dns_name = \"localhost\"", "ip_address = \"127.0.0.1\"",
        "tls_www_\(role)", "signing_key", "expiration_days = 30",
      ]
      try Files.write(words.joined(separator: "\n") + "\n", to: "\(folder)/\(role).info")
      try await succeed(
        "certtool",
        [
          "--generate-certificate", "--load-ca-certificate", folder + "/ca-cert.pem",
          "--load-ca-privkey", folder + "/ca-key.pem", "--load-privkey",
          "\(folder)/\(role)-key.pem", "--template", "\(folder)/\(role).info", "--outfile",
          "\(folder)/\(role)-cert.pem",
        ])
    }
    return folder
  }

  /// A file with the shared key of the user alice, in a folder of its own, as QEMU wants it.
  func sharedKeys() async throws -> String {
    let folder = file("psk")
    let keys = folder + "/keys.psk"
    if Files.exists(keys) { return keys }
    try await succeed("mkdir", ["-p", folder])
    try await succeed("psktool", ["-u", "alice", "-p", keys])
    return keys
  }

  private func key(_ name: String) async throws {
    try await succeed(
      "certtool",
      [
        "--generate-privkey", "--key-type", "ecdsa", "--curve", "secp256r1", "--outfile",
        "\(file("pki"))/\(name)-key.pem",
      ])
  }
}
