/// `label`: write a label into the last sector of a medium, and make a device of the paths that show it.
package enum LabelMethod: ControlMethod {
  package static let name = "label"
  package static let access = ControlAccess.changing

  /// What to label and how.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    package let mode: DeviceMode
    /// Absolute; the label is written through the first.
    package let paths: [String]
    package let options: DeviceOptions
    /// Write over metadata of others and over the label of another device.
    package let force: Bool

    package init(
      name: String, mode: DeviceMode = .activePassive, paths: [String],
      options: DeviceOptions = DeviceOptions(), force: Bool = false
    ) {
      self.name = name
      self.mode = mode
      self.paths = paths
      self.options = options
      self.force = force
    }

    /// Reads the parameters; what a client leaves out has the default of the command line.
    package init(from decoder: any Decoder) throws {
      // A labelled device begins as any other.
      let device = try CreateMethod.Params(from: decoder)
      name = device.name
      mode = device.mode
      paths = device.paths
      options = device.options
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      force = try fields.decodeIfPresent(Bool.self, forKey: .force) ?? false
    }

    /// Refuses what no look at the system is needed to refuse.
    package func check() throws(ControlError) {
      try CreateMethod.Params(name: name, mode: mode, paths: paths, options: options).check()
    }
  }

  /// The device, and the paths that are none of it.
  package struct Result: Codable, Hashable, Sendable {
    package let name: String
    package let uuid: String
    /// What an NBD client is given.
    package let uri: String
    /// The data socket's absolute path.
    package let socket: String
    /// Paths that do not show what was written, and are left as they were.
    package let refused: [PathRemark]
    package let warning: String?

    package init(
      name: String, uuid: String, uri: String, socket: String, refused: [PathRemark],
      warning: String? = nil
    ) {
      self.name = name
      self.uuid = uuid
      self.uri = uri
      self.socket = socket
      self.refused = refused
      self.warning = warning
    }
  }
}
