/* The C interface of `weft build --library`, from C. Its argument is a directory that holds no model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libgloss.h"

#define EXPECT(holds) \
  if (!(holds)) return printf("line %d: %s does not hold; %s\n", __LINE__, #holds, weft_c_error()), 1

int main(int count, char** words) {
  const char* text = "golden retriever";
  const char* const options[] = {"--threads=1", "--top=2"};
  const char* const wrong[] = {"--nonsense"};
  weft_c_model* model = NULL;
  float values[64], again[64], most = 0;
  char* json = NULL;
  size_t best = 0, i;

  EXPECT(count == 2);
  EXPECT(weft_c_version() == weft_c_header_version);
  EXPECT(weft_c_open(words[1], 0, NULL, &model) == weft_c_input && model == NULL);
  EXPECT(strstr(weft_c_error(), "config.json") != NULL);
  EXPECT(weft_c_open(NULL, 1, wrong, &model) == weft_c_input && strstr(weft_c_error(), "--nonsense") != NULL);
  EXPECT(weft_c_open(NULL, 0, NULL, NULL) == weft_c_input);
  EXPECT(weft_c_open(NULL, -5, NULL, &model) == weft_c_input && strstr(weft_c_error(), "-5") != NULL);
  EXPECT(weft_c_open(NULL, 1, NULL, &model) == weft_c_input && model == NULL);
  EXPECT(weft_c_open(NULL, 2, options, &model) == weft_c_ok);

  EXPECT(weft_c_count(model) == 45);
  EXPECT(weft_c_label(model, 45) == NULL && weft_c_label(NULL, 0) == NULL);
  EXPECT(weft_c_values(model, text, strlen(text), values, 64) == weft_c_ok);
  for (i = 0; i < 45; ++i)
    if (values[i] > most) most = values[best = i];
  EXPECT(strcmp(weft_c_label(model, best), "noun.plant") == 0);
  EXPECT(weft_c_values(model, text, strlen(text), again, 44) == weft_c_input);
  EXPECT(weft_c_values(model, "golden retriever and more", strlen(text), again, 45) == weft_c_ok);
  EXPECT(memcmp(values, again, 45 * sizeof *values) == 0);
  EXPECT(weft_c_values(NULL, text, 1, again, 45) == weft_c_input);

  {
    const char* const texts[] = {text, "a soft cheese", NULL};
    const size_t bytes[] = {16, 13, 0};
    float all[3 * 45];
    EXPECT(weft_c_all_values(model, 3, texts, bytes, all, 3 * 45) == weft_c_ok);
    EXPECT(memcmp(values, all, 45 * sizeof *values) == 0);
    EXPECT(weft_c_all_values(model, 3, texts, bytes, all, 3 * 45 - 1) == weft_c_input);
    EXPECT(weft_c_all_answers(model, 3, texts, bytes, &json) == weft_c_ok && strstr(json, "{\"line\":3,") != NULL);
    weft_c_free(json);
    EXPECT(weft_c_all_answers(model, 0, NULL, NULL, &json) == weft_c_ok && strcmp(json, "") == 0);
    weft_c_free(json);
    EXPECT(weft_c_all_values(model, 1, NULL, NULL, all, 45) == weft_c_input);
  }

  EXPECT(weft_c_answer(model, text, strlen(text), &json) == weft_c_ok && json != NULL);
  EXPECT(strstr(json, "\"label\":\"noun.plant\"") != NULL && strstr(json, "noun.animal") != NULL);
  weft_c_free(json);
  EXPECT(weft_c_answer(model, "\xff", 1, &json) == weft_c_input && json == NULL);
  EXPECT(strstr(weft_c_error(), "UTF-8") != NULL);
  EXPECT(weft_c_answer(model, text, (size_t)-1, &json) == weft_c_input && json == NULL);
  EXPECT(weft_c_values(model, text, (size_t)-1, again, 45) == weft_c_input);
  EXPECT(weft_c_answer(model, NULL, 5, &json) == weft_c_input && weft_c_answer(model, text, 1, NULL) == weft_c_input);
  EXPECT(weft_c_label(model, (size_t)-1) == NULL && weft_c_count(NULL) == 0);
  EXPECT(weft_c_answer(model, NULL, 0, &json) == weft_c_ok);
  weft_c_free(json);
  weft_c_close(model);
  weft_c_close(NULL);
  puts("all holds");
  return 0;
}
