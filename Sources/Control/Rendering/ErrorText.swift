/// What a failed command prints on standard error.
package enum ErrorText {
  /// `PROGRAM: SENTENCE`, and on a second line what to do, if anything can be done.
  ///
  /// - Parameter program: The name by which the program was called.
  package static func render(program: String, message: String, hint: String?) -> String {
    let fix = hint.map { "  fix: \(PrintableText.escaped($0))\n" } ?? ""
    return "\(PrintableText.escaped(program)): \(PrintableText.escaped(message))\n" + fix
  }
}
