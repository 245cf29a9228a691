/// Why a trace cannot be played, in a sentence.
public enum TraceError: Error, Hashable, Sendable {
  case notATrace
  /// Recorded by a program that keeps its state in another form.
  case otherLayout(program: String)
  /// Changed, cut off, or made up; `position` is in bytes.
  case damaged(position: Int, what: String)

  public var sentence: String {
    switch self {
    case .notATrace: "this is not a trace of mpctl trace"
    case .otherLayout(let program):
      "it was recorded by mpath \(program), whose state has another form: use the mpsim of that "
        + "version"
    case .damaged(let position, let what): "it is damaged at byte \(position): \(what)"
    }
  }
}
