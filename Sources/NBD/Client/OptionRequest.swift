/// Writes a client's options.
enum OptionRequest {
  static func append(
    _ option: NBDOption, data: [UInt8] = [], into output: inout [UInt8]
  ) {
    output.appendBigEndian(NBDMagic.option)
    output.appendBigEndian(option.rawValue)
    output.appendBigEndian(UInt32(data.count))
    output.append(contentsOf: data)
  }

  /// GO with the infos that are wanted besides the export's size, which comes always.
  static func appendGo(name: [UInt8], infos: [InfoType], into output: inout [UInt8]) {
    var data: [UInt8] = []
    data.appendBigEndian(UInt32(name.count))
    data.append(contentsOf: name)
    data.appendBigEndian(UInt16(infos.count))
    for info in infos { data.appendBigEndian(info.rawValue) }
    append(.go, data: data, into: &output)
  }
}
