// Runs the old unit, or with an argument both: each unit catches what the other throws.
#include <cstdio>

float run_old(), run_wide();
void refuse_old(), refuse_wide();
int caught_old(void (*)()), caught_wide(void (*)());

int main(int arguments, char**) {
  const float old = run_old();
  bool good = old != 0 && caught_old(refuse_old) == 2;
  if (arguments > 1) {
    const float difference = run_wide() - old;
    good = good && difference < 1e-4f && difference > -1e-4f;
    good = good && caught_old(refuse_wide) == 2 && caught_wide(refuse_old) == 2 && caught_wide(refuse_wide) == 2;
  }
  std::puts(good ? "good" : "wrong");
  return good ? 0 : 1;
}
