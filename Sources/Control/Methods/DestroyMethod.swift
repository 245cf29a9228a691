/// `destroy`: end a device and its export.
///
/// The paths' bytes stay as they are.
package enum DestroyMethod: ControlMethod {
  package static let name = "destroy"
  package static let access = ControlAccess.changing

  /// Which device to end.
  ///
  /// The name is not optional, so that nothing ends all devices by omission.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String

    package init(name: String) {
      self.name = name
    }
  }

  package typealias Result = Change
}
