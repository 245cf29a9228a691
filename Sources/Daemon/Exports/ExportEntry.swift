internal import Control

/// Another address of a device, as the control side knows it.
struct ExportEntry {
  /// Of the listener.
  let id: UInt32
  let specification: ExportSpecification
  let address: ListenAddress
  /// Why it is not served there, when it is not.
  var trouble: String?

  func status(_ device: String) -> ExportStatus {
    ExportStatus(
      listen: address.text, uri: address.uri(name: device, isSecured: specification.isSecured),
      readOnly: specification.readOnly, trouble: trouble)
  }
}
