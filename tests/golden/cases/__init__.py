# SPDX-License-Identifier: Apache-2.0
"""Golden cases, one module per kind. Importing the package fixes how Keras computes.

TensorFlow on one CPU thread, without oneDNN's reordered sums and without XLA: the same machine gives
the same bits twice, and another machine differs in the last digit only.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
