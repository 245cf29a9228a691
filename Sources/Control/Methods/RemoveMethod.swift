/// `remove`: take a path out of a device; answers when its last request has drained.
package enum RemoveMethod: ControlMethod {
  package static let name = "remove"
  package static let access = ControlAccess.changing

  package typealias Params = PathSelection
  package typealias Result = Change
}
