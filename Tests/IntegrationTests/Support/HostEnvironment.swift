internal import Glibc

/// What the surroundings of the tests say.
enum HostEnvironment {
  static var all: [String: String] {
    var variables: [String: String] = [:]
    var entry = unsafe environ
    while let text = unsafe entry.pointee {
      let parts = unsafe String(cString: text).split(separator: "=", maxSplits: 1)
      if let name = parts.first {
        variables[String(name)] = parts.count == 2 ? String(parts[1]) : ""
      }
      unsafe entry += 1
    }
    return variables
  }

  static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  static var isRoot: Bool { geteuid() == 0 }

  static func text(errno: Int32) -> String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "errno \(errno)"
  }

  /// True when a program of this name can be run; ordinary users have no sbin in PATH.
  static func hasProgram(_ name: String) -> Bool {
    let path = (variable("PATH") ?? "") + ":/usr/sbin:/sbin"
    return path.split(separator: ":").contains { Files.canExecute("\($0)/\(name)") }
  }

  /// Where SwiftPM has put the programs under test: beside the tests, or where the caller says.
  static var programDirectory: String {
    if let directory = variable("MPATH_PROGRAMS") { return directory }
    let own = Files.destination(ofLink: "/proc/self/exe")
    return String(own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex))
  }

  /// Where the programs are that need no other file.
  static var staticProgramDirectory: String { variable("MPATH_STATIC_PROGRAMS") ?? "" }

  /// The package, found from where this file was when it was compiled.
  static var packageDirectory: String {
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
      .joined(separator: "/")
  }
}
