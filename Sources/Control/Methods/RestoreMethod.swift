/// `restore`: end a hold or a failure, after the path was opened and identified again.
package enum RestoreMethod: ControlMethod {
  package static let name = "restore"
  package static let access = ControlAccess.changing

  package typealias Params = PathSelection
  package typealias Result = Change
}
