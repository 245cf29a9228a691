import Multipath
import Testing

@Suite("Tables that take their memory in two steps")
struct LazyTableTests {
  @Test("what was never touched reads as vacant, and takes no memory")
  func vacant() {
    let table = LazyTable(repeating: 7, count: 500)
    #expect(table.count == 500)
    #expect(table.peek(0) == 7 && table.peek(499) == 7)
    #expect(table.touchedCount == 0)
  }

  @Test("a place far beyond the first places keeps everything before it")
  func growth() {
    var table = LazyTable(repeating: 0, count: 500)
    for place in 0..<LazyTable<Int>.placesAtFirst {
      table.touch(place)
      table[place] = place + 1
    }
    #expect(table.touchedCount == LazyTable<Int>.placesAtFirst)
    table.touch(499)
    table[499] = -1
    for place in 0..<500 {
      let expected = place < LazyTable<Int>.placesAtFirst ? place + 1 : place == 499 ? -1 : 0
      #expect(table[place] == expected)
    }
  }

  @Test("a table smaller than the first places ends where it should")
  func small() async {
    var table = LazyTable(repeating: 0, count: 3)
    table.touch(2)
    table[2] = 5
    #expect(table[2] == 5)
    await #expect(processExitsWith: .failure) {
      var table = LazyTable(repeating: 0, count: 3)
      table.touch(3)
    }
    await #expect(processExitsWith: .failure) {
      let table = LazyTable(repeating: 0, count: 3)
      _ = table[0]
    }
  }
}
