internal import ArgumentParser

/// gmultipath's `-v` of the verbs that change something.
struct VerboseOption: ParsableArguments {
  @Flag(name: .short, help: "Print a final line 'Done.' on success.")
  var verbose = false

  func reportDone() {
    if verbose { Terminal.write("Done.\n") }
  }
}
