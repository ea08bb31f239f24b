/* The only program of an image that has nothing else. */
#include <stdio.h>

int main(void) {
  puts("This image has no shell.");
  return 0;
}
