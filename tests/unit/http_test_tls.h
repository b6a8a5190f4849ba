/*
 * A key and a certificate for "localhost" and 127.0.0.1, made for these tests and good for nothing else.
 */
#ifndef AIZU_TESTS_UNIT_HTTP_TEST_TLS_H
#define AIZU_TESTS_UNIT_HTTP_TEST_TLS_H

static const char tls_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
                              "MHcCAQEEIN6ynBi3RdzMlxVq/izEyqgK7p9vLO675556GaXeqr0noAoGCCqGSM49\n"
                              "AwEHoUQDQgAEOyGXoVSrBDXF7ivsuhl0+dvgHdU401Ft7Z7WtdpTYh+GukU4zlLG\n"
                              "WtLjvkbp2hWzam6WYDB66tQxQ1r8LDFj1w==\n"
                              "-----END EC PRIVATE KEY-----\n"
                              "";

static const char tls_certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                      "MIIBmzCCAUGgAwIBAgIUQ/azIvjncgZxVeMvJd4rBc03UHcwCgYIKoZIzj0EAwIw\n"
                                      "FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE0MzU0MFoYDzIxMjYxMDI5\n"
                                      "MTQzNTQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n"
                                      "PQMBBwNCAAQ7IZehVKsENcXuK+y6GXT52+Ad1TjTUW3tnta12lNiH4a6RTjOUsZa\n"
                                      "0uO+RunaFbNqbpZgMHrq1DFDWvwsMWPXo28wbTAdBgNVHQ4EFgQUrQ7idSX+kupY\n"
                                      "9CrknDor1XLOxdEwHwYDVR0jBBgwFoAUrQ7idSX+kupY9CrknDor1XLOxdEwDwYD\n"
                                      "VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI\n"
                                      "zj0EAwIDSAAwRQIgfinp5jBPXKb73BWCDLVMauOtddwYrRyb1NfFDDp5ArUCIQDB\n"
                                      "id7hwa8MpKj5Uq9iSfEPNw0MALjwpLbagi9bnltOog==\n"
                                      "-----END CERTIFICATE-----\n"
                                      "";

#endif
