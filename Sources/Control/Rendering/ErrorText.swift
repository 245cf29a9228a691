/// What a failed command prints on standard error.
package enum ErrorText {
  /// `mpctl: SENTENCE`, and on a second line what to do, if anything can be done.
  package static func render(message: String, hint: String?) -> String {
    let fix = hint.map { "  fix: \(PrintableText.escaped($0))\n" } ?? ""
    return "mpctl: \(PrintableText.escaped(message))\n" + fix
  }
}
