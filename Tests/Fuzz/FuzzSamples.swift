import NBD

/// What the NBD targets serve.
enum FuzzSamples {
  static func export(name: String) -> ExportDescription {
    ExportDescription(
      name: name, description: "two paths", sizeBytes: 1 << 24, minimumBlockBytes: 512,
      preferredBlockBytes: 4096, maximumPayloadBytes: 1 << 20,
      flags: [
        .sendFlush, .sendFUA, .sendTrim, .sendWriteZeroes, .canMultiConnection, .sendFastZero,
      ])
  }
}
