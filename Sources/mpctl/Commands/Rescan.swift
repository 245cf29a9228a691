internal import ArgumentParser
internal import Control

/// `mpctl rescan`.
struct Rescan: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look for labels on every candidate path, now.",
    discussion: """
      Paths whose label belongs to a device that runs are attached to it, devices whose labels are \
      found are made, and lost paths are tried again; running devices serve on meanwhile. The \
      daemon does the same by itself when it starts, and when the kernel says that a block device \
      has come. Which paths are candidates 'mpathd --help' says.

      The patterns of 'mpathd --candidates' are read again, and every path in service is read and checked: size, \
      label, samples. With --dry-run nothing is changed, and what would be is printed.

      What has changed is printed, one line each. A path that was removed comes back if its label \
      says so, and so does a labelled device that was stopped.

      EXAMPLE
        mpctl rescan
      """)

  @Flag(name: .long, help: "Only say what would be done.")
  var dryRun = false

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let result = try session.ask(
      RescanMethod.self, RescanMethod.Params(dryRun: dryRun),
      withinSeconds: Session.scanningSeconds)
    if json {
      Terminal.write(try Operands.json(result))
    } else {
      for name in result.created { Terminal.write("\(PrintableText.escaped(name)): assembled\n") }
      for path in result.attached {
        let words = [path.device, path.path].map { PrintableText.escaped($0) }
        Terminal.write("\(words[0]): \(words[1]) attached\n")
      }
      for path in result.lost ?? [] { Terminal.write("\(PrintableText.escaped(path)): gone\n") }
      for remark in (result.foreign ?? []) + result.refused {
        let words = [remark.path, remark.reason].map { PrintableText.escaped($0) }
        Terminal.warn("\(words[0]): \(words[1])", hint: remark.hint)
      }
    }
    verbose.reportDone()
    return .done
  }
}
