/// `fail`: hold a path, so that nothing uses it until `restore`.
package enum FailMethod: ControlMethod {
  package static let name = "fail"
  package static let access = ControlAccess.changing

  package typealias Params = PathSelection
  package typealias Result = Change
}
