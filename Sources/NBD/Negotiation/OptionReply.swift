/// Writes the replies to one option.
struct OptionReply {
  /// Echoed in each reply, also when this server does not know it.
  let option: UInt32

  func acknowledge(into output: inout [UInt8]) {
    header(.acknowledge, dataBytes: 0, into: &output)
  }

  func refuse(_ refusal: OptionRefusal, into output: inout [UInt8]) {
    header(refusal.type, dataBytes: refusal.message.utf8.count, into: &output)
    output.append(contentsOf: refusal.message.utf8)
  }

  func server(_ export: ExportDescription, into output: inout [UInt8]) {
    let nameBytes = export.name.utf8.count
    header(.server, dataBytes: 4 + nameBytes + export.description.utf8.count, into: &output)
    output.appendBigEndian(UInt32(nameBytes))
    output.append(contentsOf: export.name.utf8)
    output.append(contentsOf: export.description.utf8)
  }

  func context(id: UInt32, name: String, into output: inout [UInt8]) {
    header(.metaContext, dataBytes: 4 + name.utf8.count, into: &output)
    output.appendBigEndian(id)
    output.append(contentsOf: name.utf8)
  }

  func info(
    _ type: InfoType, of export: ExportDescription, _ terms: ConnectionTerms,
    into output: inout [UInt8]
  ) {
    switch type {
    case .export:
      infoHeader(type, bodyBytes: 10, into: &output)
      output.appendBigEndian(export.sizeBytes)
      output.appendBigEndian(export.flags(on: terms).rawValue)
    case .name:
      text(export.name, type, into: &output)
    case .description:
      text(export.description, type, into: &output)
    case .blockSize:
      infoHeader(type, bodyBytes: 12, into: &output)
      output.appendBigEndian(export.minimumBlockBytes)
      output.appendBigEndian(export.preferredBlockBytes)
      output.appendBigEndian(export.maximumPayloadBytes)
    }
  }

  private func text(_ text: String, _ type: InfoType, into output: inout [UInt8]) {
    infoHeader(type, bodyBytes: text.utf8.count, into: &output)
    output.append(contentsOf: text.utf8)
  }

  private func infoHeader(_ type: InfoType, bodyBytes: Int, into output: inout [UInt8]) {
    header(.info, dataBytes: 2 + bodyBytes, into: &output)
    output.appendBigEndian(type.rawValue)
  }

  private func header(_ type: OptionReplyType, dataBytes: Int, into output: inout [UInt8]) {
    output.appendBigEndian(NBDMagic.optionReply)
    output.appendBigEndian(option)
    output.appendBigEndian(type.rawValue)
    output.appendBigEndian(UInt32(dataBytes))
  }
}
