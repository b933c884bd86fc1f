package io.raftkv.kv;

import io.raftkv.raft.LogEntry;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Measures the store by itself, on one thread: {@code KvBench [keys [value bytes]]}. Prints
 * nanoseconds of processor time per operation and bytes of heap per key; collection of garbage is
 * the work of other threads and not in it.
 */
final class KvBench {
  private static final int ROUNDS = 4;

  private final int keys;
  private final int valueBytes;
  private final SplittableRandom random = new SplittableRandom(42);
  private long sink;

  private KvBench(int keys, int valueBytes) {
    this.keys = keys;
    this.valueBytes = valueBytes;
  }

  public static void main(String[] args) throws Exception {
    new KvBench(
            args.length > 0 ? Integer.parseInt(args[0]) : 300_000,
            args.length > 1 ? Integer.parseInt(args[1]) : 256)
        .run();
  }

  private void run() throws Exception {
    System.out.printf("%,d keys of 16 B, values of %d B%n", keys, valueBytes);
    tree();
    machine();
    System.out.println("(" + sink + ")");
  }

  private void tree() {
    byte[][] key = new byte[keys][];
    for (int i = 0; i < keys; i++) {
      key[i] = key(i);
    }
    byte[] value = new byte[1];
    CowBTree<byte[]> tree = new CowBTree<>();
    TreeMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
    for (int i = 0; i < keys; i++) {
      int at = (int) ((i * 7_368_787L) % keys);
      tree.put(key[at], value);
      map.put(key[at], value);
    }
    int[] order = new int[1 << 20];
    for (int i = 0; i < order.length; i++) {
      order[i] = random.nextInt(keys);
    }
    for (int round = 0; round < ROUNDS; round++) {
      CowBTree.Frozen<byte[]> frozen = tree.freeze();
      long start = now();
      for (int at : order) {
        sink += frozen.get(key[at]) == null ? 0 : 1;
      }
      long get = now() - start;
      start = now();
      for (int at : order) {
        sink += map.get(key[at]) == null ? 0 : 1;
      }
      long mapGet = now() - start;
      start = now();
      for (int at : order) {
        tree.put(key[at], value);
        sink += tree.freeze().size();
      }
      long put = now() - start;
      start = now();
      for (int i = 0; i < order.length; i++) {
        tree.put(key[order[i]], value);
        if (i % 64 == 63) {
          sink += tree.freeze().size();
        }
      }
      long putBatched = now() - start;
      start = now();
      TreeCursor<byte[]> cursor = tree.cursor(KeyRange.all(), false);
      while (cursor.next()) {
        sink += cursor.key().length;
      }
      long scan = now() - start;
      System.out.printf(
          "tree: get %d ns (TreeMap %d ns), put + freeze %d ns, put + freeze per 64 %d ns, "
              + "scan %.1f ns a key%n",
          get / order.length,
          mapGet / order.length,
          put / order.length,
          putBatched / order.length,
          (double) scan / keys);
    }
  }

  private void machine() throws Exception {
    long before = usedBytes();
    KvStateMachine machine = new KvStateMachine(KvLimits.DEFAULT);
    long index = 0;
    long start = now();
    for (int i = 0; i < keys; i++) {
      index = apply(machine, index, 1, (int) ((i * 7_368_787L) % keys));
    }
    long fill = now() - start;
    System.out.printf(
        "machine: first puts %d ns each, one view each; %.0f B of heap a key%n",
        fill / keys, (double) (usedBytes() - before) / keys);
    for (int round = 0; round < ROUNDS; round++) {
      List<LogEntry> single = entries(index, 200_000);
      start = now();
      for (LogEntry entry : single) {
        machine.apply(List.of(entry));
      }
      long one = now() - start;
      index += single.size();
      List<LogEntry> batched = entries(index, 200_000);
      start = now();
      for (int i = 0; i < batched.size(); i += 64) {
        machine.apply(batched.subList(i, Math.min(batched.size(), i + 64)));
      }
      long many = now() - start;
      index += batched.size();
      machine.apply(List.of(command(++index, Commands.openSession("bench", 1_000))));
      List<LogEntry> marked = marked(index, 200_000, round + 1);
      start = now();
      for (int i = 0; i < marked.size(); i += 64) {
        machine.apply(marked.subList(i, Math.min(marked.size(), i + 64)));
      }
      long once = now() - start;
      index += marked.size();
      start = now();
      machine.apply(List.of(command(index + 1, Commands.compact(Long.MAX_VALUE))));
      long compact = now() - start;
      index++;
      KvView view = machine.view();
      start = now();
      for (int i = 0; i < 500_000; i++) {
        sink += view.get(key(random.nextInt(keys)), 0).orElseThrow().version();
      }
      long get = now() - start;
      System.out.printf(
          "machine: apply of 1 put %d ns, of 64 puts %d ns each, of 64 puts of a session %d ns each; "
              + "compaction %.0f ms; view get %d ns%n",
          one / single.size(),
          many / batched.size(),
          once / marked.size(),
          compact / 1e6,
          get / 500_000);
    }
    System.out.printf(
        "machine: %.0f B of heap a key after compaction%n", (double) (usedBytes() - before) / keys);
    snapshot(machine);
  }

  private void snapshot(KvStateMachine machine) throws Exception {
    for (int round = 0; round < 3; round++) {
      ByteArrayOutputStream out = new ByteArrayOutputStream(keys * (valueBytes + 100));
      long start = now();
      machine.freeze().writeTo(out);
      long write = now() - start;
      byte[] bytes = out.toByteArray();
      start = now();
      KvStateMachine restored = Machines.restored(bytes, KvLimits.DEFAULT);
      long restore = now() - start;
      start = now();
      sink += restored.view().contentHash(0);
      long hash = now() - start;
      start = now();
      for (int i = 0; i < 1_000_000; i++) {
        sink += machine.freeze().appliedIndex();
      }
      long freeze = now() - start;
      System.out.printf(
          "snapshot: %.1f MB, write %.0f ms, restore %.0f ms, content hash %.0f ms, freeze %.1f ns%n",
          bytes.length / 1e6, write / 1e6, restore / 1e6, hash / 1e6, freeze / 1e6);
    }
  }

  private long apply(KvStateMachine machine, long index, int count, int firstKey) {
    List<LogEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      entries.add(command(index + i + 1, Commands.put(key(firstKey + i), new byte[valueBytes])));
    }
    machine.apply(entries);
    return index + count;
  }

  private List<LogEntry> entries(long index, int count) {
    List<LogEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte[] put = Commands.put(key(random.nextInt(keys)), new byte[valueBytes]);
      entries.add(command(index + i + 1, put));
    }
    return entries;
  }

  /** Of a session with 64 writes under way. */
  private List<LogEntry> marked(long index, int count, long session) {
    List<LogEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte[] put =
          Commands.put(
              Commands.wrap(key(random.nextInt(keys))),
              Commands.wrap(new byte[valueBytes]),
              Commands.PutCondition.NONE,
              0,
              false,
              new RequestId(session, i + 1, Math.max(1, i - 63)));
      entries.add(command(index + i + 1, put));
    }
    return entries;
  }

  private static LogEntry command(long index, byte[] data) {
    return new LogEntry(index, 1, LogEntry.Kind.COMMAND, index, data);
  }

  /** Processor time of this thread, so that other work on the machine counts less. */
  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** 16 bytes, scattered. */
  private static byte[] key(int number) {
    return ByteBuffer.allocate(16)
        .putLong(0x7573_6572_2F00_0000L)
        .putLong(number * 0x9E37_79B9_7F4A_7C15L)
        .array();
  }

  private static long usedBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
