internal import CArguments

/// What this program was started with, also where /proc is not mounted.
package enum ProgramArguments {
  /// The program's own name first.
  package static let all: [String] = {
    var found: [String] = []
    while let text = unsafe mp_argument(Int32(found.count)) {
      found.append(unsafe String(cString: text))
    }
    return found
  }()
}
