// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/darknet/cfg.h"

#include <gtest/gtest.h>

#include <fstream>

#include "apps/yolov3/darknet/standard_networks.h"
#include "core/base/philox.h"
#include "core/base/text.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

using testing::expect_error;

// Lines 1 to 4; a test's own lines begin at 5.
const std::string kNet = "[net]\nwidth=64\nheight=96\nchannels=3\n";
// Three layers: 0 and 1 of 96 x 64 x 8, 2 of 48 x 32 x 16; 16 lines.
const std::string kBody = kNet +
                          "[conv]\nfilters=8\nactivation=leaky\n[conv]\nfilters=8\nactivation=leaky\n[conv]\nfilters=16\nsize=3\n"
                          "stride=2\npad=1\nactivation=leaky\n";

void expect_refused(const std::string& cfg, const std::string& message) {
  expect_error(ErrorKind::model, message, [&] { parse_cfg(cfg, "n.cfg"); });
}

TEST(DarknetCfg, ReadsEveryLayerOfYoloWithItsShape) {
  const DarknetNetwork network = parse_cfg(
      "[net]\nwidth=64\nheight=96\n"
      "[convolutional]\nbatch_normalize=1\nfilters=16\nsize=3\nstride=2\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=16\npadding=2\nsize=5\nactivation=linear\n"
      "[shortcut]\nfrom=-2\nactivation=linear\n"
      "[maxpool]\nsize=2\nstride=2\n"
      "[upsample]\n"
      "[route]\nlayers=-1, 2\n"
      "[convolutional]\nfilters=14\nactivation=linear\n"
      "[yolo]\nmask=1,0\nanchors=10,13, 16.5,30\nclasses=2\nnum=2\nignore_thresh=.7\n",
      "n.cfg");
  EXPECT_EQ(network.input(), (DarknetShape{96, 64, 3}));
  const std::vector<DarknetLayer> wanted = {{DarknetConvolutional{16, 3, 2, 1, true, DarknetActivation::leaky}, {48, 32, 16}},
                                            {DarknetConvolutional{16, 5, 1, 2, false, DarknetActivation::linear}, {48, 32, 16}},
                                            {DarknetShortcut{0}, {48, 32, 16}},
                                            {DarknetMaxpool{2, 2, 1}, {24, 16, 16}},
                                            {DarknetUpsample{2}, {48, 32, 16}},
                                            {DarknetRoute{{4, 2}}, {48, 32, 32}},
                                            {DarknetConvolutional{14, 1, 1, 0, false, DarknetActivation::linear}, {48, 32, 14}},
                                            {DarknetYolo{{1, 0}, {{10, 13}, {16.5, 30}}, 2, 0.7}, {48, 32, 14}}};
  EXPECT_EQ(network.layers, wanted);
  const std::vector<DarknetConvolutionShape> convolutions = {{16, 3, 3, true}, {16, 16, 5, false}, {14, 32, 1, false}};
  EXPECT_EQ(network.convolutions(), convolutions);
}

TEST(DarknetCfg, TakesByteOrderMarkCrlfBlanksAndComments) {
  const DarknetNetwork plain = parse_cfg(kNet + "[conv]\nfilters=8\nactivation=leaky\n", "n.cfg");
  const DarknetNetwork dressed = parse_cfg(
      "\xef\xbb\xbf# a comment\r\n\r\n[net]\r\n width = 64 \r\n; another\r\nheight\t=96\r\nchannels=3\r\n"
      "[ conv ]\r\nfilters = 8\r\nactivation=leaky",
      "n.cfg");
  EXPECT_EQ(dressed, plain);
}

TEST(DarknetCfg, PoolsAsDarknetDoes) {
  // Sizes as /usr/bin/darknet of 2018 prints them for 48 x 48.
  const auto pooled = [](const std::string& keys) {
    return parse_cfg("[net]\nwidth=96\nheight=96\n[maxpool]\nsize=2\nstride=2\n[maxpool]\n" + keys, "n.cfg").last_output().width;
  };
  EXPECT_EQ(pooled("size=2\nstride=1\n"), 48);
  EXPECT_EQ(pooled("size=5\nstride=1\n"), 48);
  EXPECT_EQ(pooled("size=3\nstride=2\n"), 24);
  EXPECT_EQ(pooled("size=3\nstride=2\npadding=0\n"), 23);
}

TEST(DarknetCfg, RefusesWhatIsNoCfg) {
  expect_refused("", "n.cfg: has no sections; the first is [net]");
  expect_refused("# nothing\n\n", "n.cfg: has no sections; the first is [net]");
  expect_refused(kNet, "n.cfg: has no layers behind [net]");
  expect_refused("width=5\n[net]\n", "n.cfg:1: 'width' stands before the first section; begin with [net]");
  expect_refused("[conv]\n" + kNet, "n.cfg:1: [conv] is the first section; [net] goes before it");
  expect_refused("[net\n", "n.cfg:1: '[net' is no section; write it as [name]");
  expect_refused("[]\n", "n.cfg:1: '[]' is no section; write it as [name]");
  expect_refused(kNet + "hello\n", "n.cfg:5: 'hello' is neither key=value nor a section nor a comment");
  expect_refused(kNet + "=5\n", "n.cfg:5: '=5' is neither key=value nor a section nor a comment");
  expect_refused(std::string("\x7f\x45\0\x1b[31m", 8) + "\n",
                 "n.cfg:1: '\\x7fE\\x00\\x1b[31m' is neither key=value nor a section nor a comment");
  expect_refused(std::string(1 << 20, 'a'), "n.cfg:1: the line has 1048576 bytes, the limit is 16384");
}

TEST(DarknetCfg, RefusesUnknownAndDoubledNames) {
  expect_refused(kNet + "[convolutionl]\n",
                 "n.cfg:5: [convolutionl] is no layer that is built here (did you mean 'convolutional'?); there are conv, "
                 "convolutional, max, maxpool, route, shortcut, upsample, yolo");
  expect_refused(kNet + "[net]\n",
                 "n.cfg:5: [net] is no layer that is built here; there are conv, convolutional, max, maxpool, "
                 "route, shortcut, upsample, yolo");
  expect_refused(kNet + "[route]\nlayer=-1\n", "n.cfg:6: [route] has no key 'layer' (did you mean 'layers'?); it has layers");
  expect_refused(kNet + "[upsample]\nstride=2\nstride=2\n", "n.cfg:7: [upsample] has 'stride' twice, first in line 6; keep one");
  expect_refused(kNet + "[conv]\nfilters=8\nactivation=relu\n",
                 "n.cfg:7: [conv] activation=relu: not built here; there are linear and leaky");
  expect_refused(
      kNet + "[conv]\nfilters=8\nactivation=laeky\n",
      "n.cfg:7: [conv] has no activation 'laeky' (did you mean 'leaky'?); there are elu, hardtan, lhtan, loggy, logistic, "
      "mish, plse, ramp, relie, relu, selu, stair, swish, tanh, linear, leaky");
  expect_refused(kNet + "[conv]\nfilters=8\n",
                 "n.cfg:5: [conv] lacks 'activation', which is logistic in darknet; write linear or leaky");
  expect_refused(kBody + "[shortcut]\nfrom=-1\nactivation=leaky\n",
                 "n.cfg:19: [shortcut] activation=leaky: not built here for a shortcut; there is linear");
}

TEST(DarknetCfg, RefusesNumbersOutOfRangeOrOfNoMeaning) {
  const auto in_convolution = [](const std::string& line) { return kNet + "[conv]\n" + line + "\nactivation=leaky\n"; };
  for (const char* value : {"0", "-1", "1073741824", "99999999999999999999", "abc", "8.5", "", "8#", "nan"}) {
    expect_refused(in_convolution(text("filters=", value)),
                   text("n.cfg:6: [conv] filters: '", value, "' is not a whole number from 1 to 65536"));
  }
  expect_refused(in_convolution("size=3"), "n.cfg:5: [conv] lacks 'filters'");
  expect_refused(in_convolution("filters=8\nsize=1000"), "n.cfg:7: [conv] size: '1000' is not a whole number from 1 to 255");
  expect_refused(in_convolution("filters=8\nstride=0"), "n.cfg:7: [conv] stride: '0' is not a whole number from 1 to 64");
  expect_refused(in_convolution("filters=8\npad=2"), "n.cfg:7: [conv] pad: '2' is not a whole number from 0 to 1");
  expect_refused(in_convolution("filters=8\ngroups=2"), "n.cfg:7: [conv] groups: '2' is not a whole number from 1 to 1");
  expect_refused(in_convolution("filters=8\nxnor=1"), "n.cfg:7: [conv] xnor: '1' is not a whole number from 0 to 0");
  expect_refused(in_convolution("filters=8\nsize=99"),
                 "n.cfg:5: [conv] has a window of 99, larger than its input of 96 with 0 pixels of "
                 "padding");
  expect_refused(kNet + "[maxpool]\nsize=3\npadding=3\n", "n.cfg:7: [maxpool] padding: '3' is not a whole number from 0 to 2");
  expect_refused(kNet + "[upsample]\nstride=64\n[upsample]\nstride=64\n",
                 "n.cfg:7: [upsample] puts out 393216 x 262144 x 3; at most 65536 x 65536 x 1048576 is possible");
  for (const char* value : {"abc", "nan", "inf", "-1", "1e30", "1e999"}) {
    expect_refused(text("[net]\nlearning_rate=", value, "\n"),
                   text("n.cfg:2: [net] learning_rate: '", value, "' is not a number from 0 to 10000"));
  }
  expect_refused("[net]\nbatch=0\n", "n.cfg:2: [net] batch: '0' is not a whole number from 1 to 65536");
  expect_refused("[net]\nbatch=4\nsubdivisions=8\n", "n.cfg:3: [net] subdivisions: '8' is not a whole number from 1 to 4");
  expect_refused("[net]\nsteps=1,,2\n", "n.cfg:2: [net] steps: '' is not a whole number from 0 to 1e+09");
  expect_refused("[net]\nwidth=60\n", "n.cfg:2: [net] width=60: not a multiple of 32; the nearest is 64");
  expect_refused("[net]\nheight=1000000\n", "n.cfg:2: [net] height: '1000000' is not a whole number from 32 to 16384");
}

TEST(DarknetCfg, RefusesLayersThatDoNotFit) {
  expect_refused(kNet + "[route]\nlayers=-1\n", "n.cfg:5: [route] is the first layer and has none to refer to");
  expect_refused(kBody + "[route]\nlayers=3\n", "n.cfg:17: [route] refers to layer 3, the layers before it are 0 to 2");
  expect_refused(kBody + "[route]\nlayers=-4\n", "n.cfg:17: [route] refers to layer -1, the layers before it are 0 to 2");
  std::string many = "-1";
  for (int i = 0; i < 100; ++i) many += ",-1";
  expect_refused(kBody + "[route]\nlayers=" + many + "\n", "n.cfg:17: [route] joins 101 layers, at most 100");
  expect_refused(kBody + "[route]\nlayers=-1,0\n",
                 "n.cfg:17: [route] joins layer 2 of 48 x 32 x 16 and layer 0 of 96 x 64 x 8; height and width must agree");
  expect_refused(
      kBody + "[shortcut]\nfrom=-2\n",
      "n.cfg:17: [shortcut] adds layer 1 of 96 x 64 x 8 to the layer before it of 48 x 32 x 16; name a layer of the same shape");
  expect_refused(kBody + "[shortcut]\nfrom=1000000\n",
                 "n.cfg:18: [shortcut] from: '1000000' is not a whole number from -2000 to 2000");
  expect_refused(kBody + "[shortcut]\n", "n.cfg:17: [shortcut] lacks 'from'");
}

TEST(DarknetCfg, RefusesAYoloLayerThatDoesNotFit) {
  const auto yolo = [](const std::string& keys) { return kBody + "[yolo]\n" + keys; };
  expect_refused(
      yolo("mask=0,1\nanchors=1,2,3,4\nclasses=20\nnum=2\n"),
      "n.cfg:17: [yolo] reads 16 channels, but 2 masks * (5 + 20 classes) are 50; write filters=50 in the [convolutional] "
      "before it");
  expect_refused(yolo("mask=0\nanchors=1,2,3\nclasses=20\nnum=2\n"),
                 "n.cfg:19: [yolo] anchors=1,2,3: 3 numbers, but num=2 takes 4, a width and a height each");
  expect_refused(yolo("mask=0\nanchors=1,2,3,4,5,6\nclasses=20\nnum=2\n"),
                 "n.cfg:19: [yolo] anchors=1,2,3,4,5,6: 6 numbers, but num=2 takes 4, a width and a height each");
  expect_refused(yolo("mask=0\nclasses=20\nnum=2\n"), "n.cfg:17: [yolo] lacks 'anchors'");
  expect_refused(yolo("mask=0\nanchors=0,2\nclasses=20\nnum=1\n"),
                 "n.cfg:19: [yolo] anchors: '0' is not a number from 0.001 to 100000");
  expect_refused(yolo("mask=0\nanchors=1,nan\nclasses=20\nnum=1\n"),
                 "n.cfg:19: [yolo] anchors: 'nan' is not a number from 0.001 to 100000");
  expect_refused(yolo("mask=2\nanchors=1,2,3,4\nclasses=1\nnum=2\n"),
                 "n.cfg:18: [yolo] mask: '2' is not a whole number from 0 to 1");
  expect_refused(yolo("mask=1,1\nanchors=1,2,3,4\nclasses=1\nnum=2\n"), "n.cfg:18: [yolo] mask=1,1: names an anchor twice");
  expect_refused(yolo("mask=0\nanchors=1,2\nclasses=0\nnum=1\n"),
                 "n.cfg:20: [yolo] classes: '0' is not a whole number from 1 to 100000");
}

TEST(DarknetCfg, EndsEarlyOnCraftedFiles) {
  std::string sections = kNet;
  for (int i = 0; i < 1'000'000; ++i) sections += "[max]\n";
  expect_refused(sections, "n.cfg:2005: more than 2000 layers");
  std::string keys = "[net]\n";
  for (int i = 0; i < 200; ++i) keys += text("k", i, "=1\n");
  expect_refused(keys, "n.cfg:102: [net] has more than 100 keys");
  // Channels that double with every route leave 64 bits after 60 of them.
  std::string doubling = kBody;
  for (int i = 0; i < 100; ++i) doubling += "[route]\nlayers=-1,-1\n";
  expect_refused(doubling, "n.cfg:49: [route] puts out 48 x 32 x 2097152; at most 65536 x 65536 x 1048576 is possible");
}

TEST(DarknetCfg, NamesAMissingFile) {
  testing::ScratchFolder folder;
  expect_error(
      ErrorKind::io,
      text("no file \"", (folder / "n.cfg").native(), "\"; its folder \"", folder.path().native(), "\" is missing or empty"),
      [&] { read_cfg(folder / "n.cfg"); });
  std::ofstream(folder / "m.cfg") << kBody;
  EXPECT_EQ(read_cfg(folder / "m.cfg"), parse_cfg(kBody, "m.cfg"));
}

TEST(DarknetCfg, ReadsBackWhatItWrites) {
  for (const int64_t classes : {1, 20, 80}) {
    for (const int64_t size : {96, 416, 608}) {
      const DarknetNetwork full = yolov3_network(classes, yolov3_anchors(), size);
      EXPECT_EQ(parse_cfg(cfg_text(full), "n.cfg"), full);
      const DarknetNetwork tiny = yolov3_tiny_network(classes, yolov3_tiny_anchors(), size);
      EXPECT_EQ(parse_cfg(cfg_text(tiny), "n.cfg"), tiny);
    }
  }
  DarknetNetwork odd{.width = 64, .height = 32, .channels = 1, .layers = {}};
  odd.append(DarknetConvolutional{6, 4, 3, 1, true, DarknetActivation::linear}, "odd");
  odd.append(DarknetMaxpool{3, 2, 0}, "odd");
  odd.append(DarknetYolo{{0}, {{1.0 / 3, 123456.789e-2}}, 1, 0.1 + 0.2}, "odd");
  EXPECT_EQ(parse_cfg(cfg_text(odd), "n.cfg"), odd);
}

TEST(DarknetCfg, RefusesOrReadsAnyChangeOfAFile) {
  const std::string file = cfg_text(yolov3_tiny_network(2, yolov3_tiny_anchors(), 96));
  const RandomKey random{.seed = 11, .purpose = RandomPurpose::test};
  uint64_t draw = 0;
  const auto below = [&](size_t bound) { return random.word(draw++) % bound; };
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string changed = file;
    for (size_t changes = 1 + below(8); changes > 0; --changes) changed[below(changed.size())] = static_cast<char>(below(256));
    if (below(4) == 0) changed.resize(below(changed.size()));
    try {
      const DarknetNetwork network = parse_cfg(changed, "n.cfg");
      EXPECT_EQ(parse_cfg(cfg_text(network), "again.cfg"), network);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 1500);
}

}  // namespace
}  // namespace lamina::yolov3
