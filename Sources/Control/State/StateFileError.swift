/// Why a state file cannot be used.
///
/// The daemon must not start with fewer devices than it had and then write that down: it stops
/// and shows the sentence.
package enum StateFileError: Error, Hashable, Sendable {
  /// A newer daemon wrote it.
  case unknownVersion(Int)
  /// It is not what any daemon wrote.
  case damaged(String)

  package var message: String {
    switch self {
    case .unknownVersion(let version):
      "the state file has version \(version), this mpathd reads version \(StateFile.version)"
    case .damaged(let what):
      "the state file is damaged: \(what)"
    }
  }

  package var hint: String {
    switch self {
    case .unknownVersion:
      "start the newer mpathd that wrote it, or move the file away and create the devices again"
    case .damaged:
      "restore it from a backup, or move it away and create the devices again"
    }
  }
}
