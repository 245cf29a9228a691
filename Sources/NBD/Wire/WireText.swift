/// The rules for every string on the wire.
public enum WireText {
  /// True for at most 4096 bytes of valid UTF-8 without NUL.
  ///
  /// A NUL would make "name\0junk" open "name" in a server that hands the text to C; here it never
  /// names anything.
  public static func isLegal(_ utf8: some Collection<UInt8>) -> Bool {
    utf8.count <= NBDLimits.stringBytesMax && !utf8.contains(0)
      && String(validating: utf8, as: UTF8.self) != nil
  }
}
