internal import ArgumentParser
internal import Control

/// `mpctl scan`.
struct Scan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look for labels without a daemon.",
    discussion: """
      Says what has labels, and which devices mpathd would make of it: a scan, not live state. It looks in the \
      daemon's own way ('mpathd --scan'), reads the ends of the media and writes nothing. Without PATH it looks at \
      the candidates that 'mpathd --help' describes.

      EXAMPLES
        mpctl scan
        mpctl scan /dev/sdb /dev/sdc
        mpctl scan --json '/srv/disks/a.img'
      """)

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @Argument(help: "Look at these paths and no others.")
  var paths: [String] = []

  func run() throws {
    let status: ExitStatus
    do throws(CommandFailure) {
      status = try DaemonProgram.scan(paths, json: json) ? .done : .refused
    } catch {
      Terminal.complain(error.message, hint: error.hint)
      status = error.exitStatus
    }
    guard status == .done else { throw ExitCode(status.rawValue) }
  }
}
