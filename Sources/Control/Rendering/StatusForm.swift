/// How `status` is to be printed, by gmultipath's flags.
package struct StatusForm: Hashable, Sendable {
  /// `-s`: no header, name and status on every line, no notes.
  package let isScript: Bool
  /// `-g`: names of devices, without the `multipath/` of their providers.
  package let showsGeomNames: Bool

  package init(isScript: Bool = false, showsGeomNames: Bool = false) {
    self.isScript = isScript
    self.showsGeomNames = showsGeomNames
  }
}
