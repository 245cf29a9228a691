/// The text of `mpctl scan`.
package enum ScanText {
  package static func render(_ report: ScanReport) -> String {
    var text = "This is a scan, not live state: what mpathd would make of what is there.\n"
    for device in report.devices {
      text +=
        "\(PrintableText.escaped(device.name)): \(device.mode.title), \(device.sizeBytes) bytes, "
        + "uuid \(device.uuid)\n"
      for path in device.paths { text += "  \(PrintableText.escaped(path))\n" }
    }
    if report.devices.isEmpty { text += "No labels were found.\n" }
    for remark in report.refused + report.unread {
      text += "\(PrintableText.escaped(remark.path)): \(PrintableText.escaped(remark.reason))\n"
    }
    return text
  }
}
