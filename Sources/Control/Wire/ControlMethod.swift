/// One thing the daemon can be asked to do.
///
/// A method is a type and not an enum case, so that a new one is a new file and one line in
/// `Methods.all`, and so that the compiler knows which result belongs to which parameters.
package protocol ControlMethod: Sendable {
  associatedtype Params: Codable, Hashable, Sendable
  associatedtype Result: Codable, Hashable, Sendable

  /// The word in the request's `method` field.
  static var name: String { get }
  static var access: ControlAccess { get }
}
