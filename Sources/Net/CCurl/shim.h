#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>

// The functions that set and read options are variadic, which Swift cannot call: one for each type of
// argument. curl's own macros check here that option and type agree.
static inline CURLcode directory_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode directory_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode directory_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode directory_curl_set_list(CURL *easy, CURLoption option,
                                               struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
static inline CURLcode directory_curl_set_write(CURL *easy, CURLoption option,
                                                curl_write_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}

static inline CURLcode directory_curl_set_opensocket(CURL *easy,
                                                     curl_opensocket_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline CURLcode directory_curl_set_prereq(CURL *easy, curl_prereq_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLcode directory_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

// CURLINFO_PRIVATE.
static inline CURLcode directory_curl_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, (char **)value);
}

static inline CURLMcode directory_curl_multi_set_long(CURLM *multi, CURLMoption option,
                                                      long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode directory_curl_multi_set_socket(CURLM *multi, curl_socket_callback callback,
                                                        void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}

static inline CURLMcode directory_curl_multi_set_timer(CURLM *multi,
                                                       curl_multi_timer_callback callback,
                                                       void *context) {
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

#endif
