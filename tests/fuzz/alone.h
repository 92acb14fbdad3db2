/* tests/fuzz/alone.h - a main for a fuzz target built without libFuzzer: runs the files it is given, each an input. */
#ifndef PBK_TESTS_FUZZ_ALONE_H
#define PBK_TESTS_FUZZ_ALONE_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef WITH_LIBFUZZER
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
  unsigned passed = 0, failed = 0;
  for (int i = 1; i < count; i++) {
    enum { MOST = 1 << 20 };
    FILE *file = fopen(arguments[i], "rb");
    uint8_t *bytes = malloc(MOST), *exact = NULL;
    size_t size = file && bytes ? fread(bytes, 1, MOST, file) : 0;
    /* In a block of its own size, so that a sanitizer sees what reads past it. */
    if (file && bytes && (exact = malloc(size + 1))) {
      for (size_t j = 0; j < size; j++) exact[j] = bytes[j];
      exact = realloc(exact, size ? size : 1);
      LLVMFuzzerTestOneInput(exact, size);
      passed++;
    } else {
      printf("cannot read %s\n", arguments[i]);
      failed++;
    }
    free(exact);
    free(bytes);
    if (file) fclose(file);
  }
  printf("%u passed, %u failed\n", passed, failed);
  return failed || !passed;
}
#endif

#endif
