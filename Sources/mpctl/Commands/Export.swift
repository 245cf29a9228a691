internal import ArgumentParser
internal import Control

/// `mpctl export`.
struct Export: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a device at another address, too: over TCP, over TLS, read-only.",
    discussion: """
      A device is always served on its own Unix socket. This adds an address, and prints the URI \
      that an NBD client is given. It is remembered over a restart of the daemon.

      ADDRESS:PORT is TCP: 127.0.0.1:10809, [::1]:10809, or *:10809 for all addresses of the \
      machine; names are not looked up. unix:/FILE is another Unix socket. With port 0 the kernel \
      chooses one.

      Over TCP TLS is a must, unless --insecure says that everybody who reaches the address may have \
      the disk. Where TLS is set, no client gets around it. --tls-certificates names a folder with \
      ca-cert.pem, server-cert.pem and server-key.pem; --tls-psk a file with a line USER:KEY in \
      hexadecimal for each user, as psktool makes it. The certificates are read when the export is \
      made and when the daemon starts.

      EXAMPLES
        mpctl export data --listen 192.0.2.1:10809 --tls-certificates /etc/pki/nbd
        nbdinfo 'nbds://192.0.2.1/data?tls-certificates=/home/me/.pki'

        For everybody on this machine, without changes:
          mpctl export data --listen 127.0.0.1:10810 --read-only --insecure
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("Where clients will find it.", valueName: "address:port|unix:/file"))
  var listen: String

  @Flag(name: .long, help: "Clients that come this way may change nothing.")
  var readOnly = false

  @Flag(
    name: .customLong("no-structured-replies"),
    help:
      "Offer clients that come this way the oldest replies only, for those who get others wrong.")
  var simpleReplies = false

  @Flag(name: .long, help: "TCP without TLS is meant.")
  var insecure = false

  @Option(name: .long, help: ArgumentHelp("TLS with the certificates there.", valueName: "dir"))
  var tlsCertificates: String?

  @Option(name: .long, help: ArgumentHelp("TLS with the shared keys there.", valueName: "file"))
  var tlsPSK: String?

  @Flag(name: .long, help: "Take only clients with a certificate of the same authority.")
  var tlsVerifyClients = false

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let specification = ExportSpecification(
      listen: listen, readOnly: readOnly, simpleReplies: simpleReplies,
      certificates: try tlsCertificates.map(Operands.file), keys: try tlsPSK.map(Operands.file),
      verifyClients: tlsVerifyClients)
    let params = ExportMethod.Params(
      name: Operands.device(name), export: specification, insecure: insecure)
    try CommandFailure.catching(params.check)
    let result = try session.ask(
      ExportMethod.self, params, withinSeconds: Session.openingSeconds)
    Terminal.warn(result.warning)
    Terminal.write(json ? try Operands.json(result) : result.uri + "\n")
    verbose.reportDone()
    return .done
  }
}
