package io.raftkv.cli;

import io.raftkv.client.ReadOptions;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads linearizable, local, session=REVISION, bounded=DURATION. */
final class ConsistencyConverter implements ITypeConverter<ReadOptions> {
  @Override
  public ReadOptions convert(String text) {
    int equals = text.indexOf('=');
    String level = equals < 0 ? text : text.substring(0, equals);
    String bound = equals < 0 ? "" : text.substring(equals + 1);
    if (level.equals("linearizable") && equals < 0) {
      return ReadOptions.DEFAULT;
    }
    if (level.equals("local") && equals < 0) {
      return ReadOptions.local();
    }
    if (level.equals("session") && bound.matches("[0-9]{1,18}")) {
      return ReadOptions.session(Long.parseLong(bound));
    }
    if (level.equals("bounded") && equals > 0) {
      return ReadOptions.bounded(new DurationConverter().convert(bound));
    }
    throw new TypeConversionException(
        "\"" + text + "\" is none of linearizable, local, session=REVISION, bounded=DURATION");
  }
}
