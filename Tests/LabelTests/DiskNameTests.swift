import Label
import Testing

/// What tells a disk from a copy of it with the same label.
@Suite struct DiskNameTests {
  @Test func aCopyHasAnotherNameOfTheSameKind() throws {
    let disk = try #require(DiskName("naa.5000c500a1b2c3d4"))
    let copy = try #require(DiskName("naa.5000c500a1b2c3d5"))
    #expect(disk.isAnotherDisk(than: copy) && copy.isAnotherDisk(than: disk))
    #expect(!disk.isAnotherDisk(than: disk))
    #expect(!disk.isAnotherDisk(than: try #require(DiskName("naa.5000C500A1B2C3D4"))))
  }

  @Test(arguments: ["eui.5000c500a1b2c3d5", "0x5000c500a1b2c3d5", "t10.ATA disk", "nvme.1b36", "x"])
  func namesOfOtherKindsSayNothing(other: String) throws {
    let disk = try #require(DiskName("naa.5000c500a1b2c3d4"))
    let name = try #require(DiskName(other))
    #expect(!disk.isAnotherDisk(than: name) && !name.isAnotherDisk(than: disk))
  }

  @Test func namesFromUdevAreComparedAmongThemselves() throws {
    let disk = try #require(DiskName("0x5000c500a1b2c3d4"))
    #expect(disk.isAnotherDisk(than: try #require(DiskName("0x5000c500a1b2c3d5"))))
  }

  @Test func noNameIsNone() {
    #expect(DiskName(nil) == nil && DiskName("") == nil)
  }
}
