/// How operators name paths.
///
/// gmultipath's users expect `loop1` and `/dev/loop1` to be one path; there it depends on the
/// verb, here it holds for every one.
package enum PathOperand {
  /// The longest path that Linux takes, without its terminating zero (PATH_MAX).
  package static let bytesMax = 4095

  /// The absolute name of what `create` and `add` were given.
  ///
  /// An operand with a scheme is the address of an NBD server. One that is an entry of /dev, such as `sda` or
  /// `mapper/left`, means that entry; everything else is a file, relative to the caller's working directory.
  package static func absolute(
    _ operand: String, workingDirectory: String, isDeviceEntry: (String) -> Bool
  ) throws(ControlError) -> String {
    try requireText(operand)
    if NetworkPath.isMeant(by: operand) {
      return try NetworkPath(operand, workingDirectory: workingDirectory).text
    }
    if operand.hasPrefix("/") { return tidied(operand) }
    if mayNameDevice(operand), isDeviceEntry(operand) { return "/dev/" + operand }
    return tidied(workingDirectory + "/" + operand)
  }

  /// What `remove`, `fail` and `restore` send: a bare name stays, as the daemon knows which paths
  /// the device has; a name with a slash means a file from where the caller stands.
  ///
  /// The short name of an NBD path, such as `host:10809/vol`, stays too: a colon in front of the first slash
  /// tells it from a file, which can be written as `./host:10809/vol`.
  package static func forMatching(
    _ operand: String, workingDirectory: String, isDeviceEntry: (String) -> Bool = { _ in false }
  ) throws(ControlError) -> String {
    try requireText(operand)
    if NetworkPath.isMeant(by: operand) {
      return try NetworkPath(operand, workingDirectory: workingDirectory).text
    }
    guard let slash = operand.firstIndex(of: "/"), slash != operand.startIndex else {
      return operand.hasPrefix("/") ? tidied(operand) : operand
    }
    if !operand.hasPrefix("."), operand[..<slash].contains(":") { return operand }
    if mayNameDevice(operand), isDeviceEntry(operand) { return tidied("/dev/" + operand) }
    return tidied(workingDirectory + "/" + operand)
  }

  /// `./sda` and `..` can only mean files.
  private static func mayNameDevice(_ operand: String) -> Bool {
    guard let first = operand.split(separator: "/").first else { return false }
    return first != "." && first != ".."
  }

  /// The name that stands for a path in output and in operands: its last component, or host, port and export
  /// of an NBD server.
  package static func shortName(of path: String) -> String {
    if let network = NetworkPath(stored: path) { return network.shortName }
    return path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Which of a device's paths an operand means.
  ///
  /// A full name wins over a short one. A short name that several paths have is refused: the
  /// wrong one of two paths must not be failed by accident.
  package static func match(
    operand: String, among paths: [(name: String, path: String)]
  ) throws(ControlError) -> Int {
    if let index = paths.firstIndex(where: { $0.path == operand }) { return index }
    let found = paths.indices.filter { paths[$0].name == operand }
    if found.count == 1 { return found[0] }
    let shown = PrintableText.quoted(operand)
    guard found.isEmpty else {
      throw ControlError(
        .refused, "\(shown) can mean \(found.count) paths of the device",
        hint: "give the full name: " + list(found.map { paths[$0].path }, joinedBy: " or "))
    }
    throw ControlError(
      .notFound, "the device has no path \(shown)",
      hint: paths.isEmpty ? nil : "its paths are: " + list(paths.map { $0.path }, joinedBy: ", "))
  }

  /// Refuses a path that is not absolute or that no file can have, and an address that has another form than
  /// the one under which it is kept.
  package static func requireAbsolute(_ path: String) throws(ControlError) {
    try requireText(path)
    if NetworkPath.isMeant(by: path) { return try NetworkPath.requireCanonical(path) }
    guard path.hasPrefix("/") else {
      throw ControlError(
        .badRequest, "the path \(PrintableText.escaped(path)) is not absolute",
        hint: "a path in a request begins with a slash")
    }
  }

  private static func requireText(_ operand: String) throws(ControlError) {
    guard !operand.isEmpty else {
      throw ControlError(.badRequest, "a path cannot be empty")
    }
    guard !operand.utf8.contains(0) else {
      throw ControlError(.badRequest, "a path cannot contain a zero byte")
    }
    guard operand.utf8.count <= bytesMax else {
      throw ControlError(
        .badRequest, "a path of \(operand.utf8.count) bytes is longer than \(bytesMax) bytes")
    }
  }

  /// Drops empty and `.` components, so that equal files more often have equal names.
  ///
  /// `..` stays: only the kernel knows where it leads from a symbolic link.
  static func tidied(_ path: String) -> String {
    "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  private static func list(_ paths: [String], joinedBy separator: String) -> String {
    paths.map { PrintableText.escaped($0) }.joined(separator: separator)
  }
}
