/// `add`: attach one more path to a running device.
package enum AddMethod: ControlMethod {
  package static let name = "add"
  package static let access = ControlAccess.changing

  /// What to attach to which device.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    /// Absolute, since the daemon's working directory is not the caller's, or an NBD server's address.
    package let path: String
    /// What `set` would change about the path, by the names of its settings; nil for nothing.
    package let settings: [String: String]?
    /// The size that the path's medium will have; given, the path need not be there yet.
    package let sizeBytes: UInt64?

    package init(
      name: String, path: String, settings: [String: String]? = nil, sizeBytes: UInt64? = nil
    ) {
      self.name = name
      self.path = path
      self.settings = settings
      self.sizeBytes = sizeBytes
    }

    /// The settings of the new path.
    package func chosenSettings() throws(ControlError) -> PathSettings {
      var chosen = PathSettings()
      for assignment in Assignment.list(settings ?? [:]) {
        guard let setting = PathSetting.named(assignment.key) else {
          throw ControlError(
            .badRequest,
            "a path has no setting '\(PrintableText.escaped(assignment.key, lengthMax: 80))'",
            hint: "the settings are: " + PathSetting.all.map { $0.name }.joined(separator: ", "))
        }
        try setting.store(assignment.value, in: &chosen)
      }
      try Assignment.checkConnections([chosen], of: [path])
      return chosen
    }

    /// Refuses what no look at the system is needed to refuse.
    package func check() throws(ControlError) {
      try PathOperand.requireAbsolute(path)
      _ = try chosenSettings()
    }
  }

  package typealias Result = Change
}
