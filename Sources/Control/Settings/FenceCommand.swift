/// The command that cuts a path off from its medium.
package enum FenceCommand {
  /// Far more than a command line needs.
  package static let bytesMax = 1024

  /// One printable line that begins with an absolute name: the daemon's PATH is nobody's business.
  package static func isUsable(_ text: String) -> Bool {
    text.hasPrefix("/") && text.utf8.count <= bytesMax && PrintableText.escaped(text) == text
  }
}
