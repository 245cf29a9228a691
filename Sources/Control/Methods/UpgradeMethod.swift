/// `upgrade`: the daemon's process goes on as the program that is installed now, with the kernel's connections.
package enum UpgradeMethod: ControlMethod {
  package static let name = "upgrade"
  package static let access = ControlAccess.changing

  package typealias Params = NoParams

  /// Answered before it happens.
  package struct Result: Codable, Hashable, Sendable {
    /// What will run.
    package let program: String
    /// Stays what it is.
    package let pid: Int

    package init(program: String, pid: Int) {
      self.program = program
      self.pid = pid
    }
  }
}
