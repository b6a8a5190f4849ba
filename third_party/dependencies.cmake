# Every dependency of aizu, declared once: what for, version floor, licence. Nothing is copied into the
# tree; all come from the system through pkg-config.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# az_dependency(<target> <pkg-config module and floor>...): an imported target PkgConfig::<target>.
macro(az_dependency target)
  pkg_check_modules(${target} REQUIRED IMPORTED_TARGET ${ARGN})
endmacro()

# The library.
az_dependency(FFMPEG           # decoding, scaling, resampling; FFmpeg 5.1; LGPL-2.1-or-later
              libavcodec>=59.37 libavutil>=57.28 libswscale>=6.7 libswresample>=4.7)
az_dependency(SDL2 sdl2>=2.26)          # windows, sound; Zlib
az_dependency(CURL libcurl>=7.88)       # HTTP, TLS; curl (MIT-like)
az_dependency(XML2 libxml-2.0>=2.9.14)  # TTML; MIT
az_dependency(ASS libass>=0.17.1)       # drawing subtitles; ISC
az_dependency(JANSSON jansson>=2.14)    # content steering, the demos' messages, the tests' expectations; MIT
az_dependency(AVFILTER libavfilter>=8.44) # sound at other rates: the library loads it when it is needed; LGPL-2.1-or-later

# The demos.
if(AIZU_DEMOS)
  az_dependency(SDL2_TTF SDL2_ttf>=2.20)        # text; Zlib
endif()

# The channel encodes, filters and muxes, the tests judge by libavformat (FFmpeg 5.1; LGPL-2.1-or-later).
if(AIZU_DEMOS OR AIZU_TESTS)
  az_dependency(MICROHTTPD libmicrohttpd>=0.9.75) # the HTTP server of the channel and of tests; LGPL-2.1-or-later
  az_dependency(AVFORMAT libavformat>=59.27)
endif()
# cmocka>=1.1.5 (Apache-2.0), for the tests, is found in tests/CMakeLists.txt: the core alone has tests too.
