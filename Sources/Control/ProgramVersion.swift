/// The version of the programs of this package, which are built and released together.
package enum ProgramVersion {
  package static let text = "0.1.0"
}
