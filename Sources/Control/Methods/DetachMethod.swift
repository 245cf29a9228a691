/// `detach`: take a device back from the kernel.
package enum DetachMethod: ControlMethod {
  package static let name = "detach"
  package static let access = ControlAccess.changing

  /// Which device, and whether its users matter.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    /// Also while it is mounted or held: what is not written is lost, and whoever uses it gets EIO.
    package let force: Bool

    package init(name: String, force: Bool = false) {
      self.name = name
      self.force = force
    }

    /// Reads the parameters; force is never assumed.
    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      name = try fields.decode(String.self, forKey: .name)
      force = try fields.decodeIfPresent(Bool.self, forKey: .force) ?? false
    }
  }

  package typealias Result = Change
}
